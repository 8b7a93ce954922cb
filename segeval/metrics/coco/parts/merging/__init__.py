"""One part file of AP from several, in memory that hardly grows with what they hold."""
