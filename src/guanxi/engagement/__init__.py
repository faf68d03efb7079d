"""What is offered to customers and asked of them: offers with responses, questionnaires with answers."""
