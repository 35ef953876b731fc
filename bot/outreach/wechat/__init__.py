"""WeChat as a channel: how a reply is written there, and the client of its API."""
