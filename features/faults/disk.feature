Feature: A full disk costs no bars
  An operator who did not watch the disk wants to be told that it is full, and to lose nothing of what is cached.
  Flow: client -> backend -> IB host, data folder.

  @category:error @milestone:DAT-Ph4 @milestone:DAT-Ph2 @criterion:D33 @criterion:D30 @needs:ib-gateway @needs:data-folder @needs:fillable-disk @uses:data-folder @uses:services @severity:major @id:disk-full
  Scenario: With a full disk a download fails within 60 seconds and names the disk, and the cached bars stay
    Given bars of "AUDUSD" at "1h" from 2024-01-08 to 2024-01-12 are cached
    And the disk of the data folder is full
    When I start a download of "AUDUSD" at "1h" from 2024-03-04 to 2024-03-08
    Then it fails within 60 seconds
    And the reason says that the disk is full
    And all those cached before can still be read
    When there is room on the disk again
    Then the same download completes within 180 seconds
