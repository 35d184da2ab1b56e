"""A finished run as one offline HTML page and as Markdown, from its folder alone."""
