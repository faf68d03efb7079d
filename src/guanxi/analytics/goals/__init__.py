"""The tree of goals: `tree` reads it as far as one may see it, `attaining` counts what is reached, `saving` changes it, `targets` keeps won business of people and teams in the sales targets."""
