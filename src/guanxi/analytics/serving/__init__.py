"""No equal service for all: `classes` says how customers of each value grade are served and keeps it on their scores, `due` finds whom the rhythm asks for and plans contacts."""
