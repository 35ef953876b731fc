"""The demo: a whole chain of shops on one machine, with WeChat played by the stand-in."""
