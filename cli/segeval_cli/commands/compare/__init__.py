"""`segeval compare`: is model B better than model A?"""
