"""The ways in which a message reaches somebody, a folder each; `bot.outreach.router` chooses among them."""
