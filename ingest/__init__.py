"""From files to the catalog: read, chunk, embed, sync."""
