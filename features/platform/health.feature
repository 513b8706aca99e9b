Feature: The backend says that it is well
  Whoever starts work on KTRDR first asks whether it is up and which version answers.
  Flow: client -> backend.

  @category:smoke @milestone:API @criterion:S1 @severity:blocker @id:S1
  Scenario: The backend reports itself healthy within 1 second
    When I ask the backend for its health
    Then it reports itself healthy
    And it states its version
    And it answered within 1 second
