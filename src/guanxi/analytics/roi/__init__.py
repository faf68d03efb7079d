"""What the CRM itself brings: `inputs` names what goes into the calculation, `cases` keeps it, `measuring` reads the company's figures of the base year,
`answering` the four questions, `calculating` lays the claimed effects on them, `tracking` lays what came beside what was claimed."""
