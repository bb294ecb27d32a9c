"""Developer tools: a copier of exports and the speed suite. No part of the product."""
