"""Finding addresses: parsers of feeds, sitemaps and listings, and the rules by which an address is worth fetching. Bytes in, values out."""
