"""What to fetch and how: sources, discovery, and the Scrapy components that visit them politely."""

HOUSE = "veille"
