#include "tests/simulation/planted.h"

#include "tests/simulation/bus_scenario.h"

namespace fantail::simulation {

using planted::Bug;

const std::vector<PlantedBug>& PlantedBugs() {
  static const std::vector<PlantedBug> bugs = {
      {Bug::kSkipFlush, "skip-flush", "what finds the window full is skipped, not kept"},
      {Bug::kDropOnWouldBlock, "drop-on-would-block",
       "a socket that would block takes it for sent"},
      {Bug::kWindowOneTooMany, "window-one-too-many", "a message more than the window is sent"},
      {Bug::kNeverFallBehind, "never-fall-behind",
       "a slow session stays, and its group's log grows"},
      {Bug::kFallBehindSilently, "fall-behind-silently", "no gap is announced to who falls behind"},
      {Bug::kForgetWaiting, "forget-waiting", "pongs say that nothing waits"},
      {Bug::kDropEncoded, "drop-encoded", "what is encoded and finds the window full is dropped"},
      {Bug::kKeepStream, "keep-stream", "a new epoch's welcome does not begin the stream anew"},
      {Bug::kKeepSharing, "keep-sharing", "who leaves a group goes on in its stream"},
      {Bug::kJoinMidStream, "join-mid-stream", "who comes is sent a stream from its middle on"},
      {Bug::kMergeStatus, "merge-status", "status is merged with the rest"},
      {Bug::kForgetCooled, "forget-cooled", "what changed while it cooled is not sent"},
      {Bug::kClimbEarly, "climb-early", "every record again, while something newest waits"},
      {Bug::kKeepSilentSessions, "keep-silent-sessions", "who is silent for 5 s is not forgotten"},
      {Bug::kBornTopicNotRouted, "born-topic-not-routed", "a new topic goes to no group there is"},
      {Bug::kNewVenueNotRouted, "new-venue-not-routed", "a new venue goes to no group there is"},
      {Bug::kJoinBeforeImages, "join-before-images", "a splice ends before its images are sent"},
      {Bug::kIgnoreGapOnResume, "ignore-gap-on-resume", "a resume is served from what is not held"},
      {Bug::kAnnounceOnce, "announce-once", "what is lost after a gap's notice gets no notice"},
      {Bug::kForgetBornTopic, "forget-born-topic", "a topic born during a splice is left out"},
      {Bug::kForgetVenues, "forget-venues", "a splice names topics only"},
      {Bug::kSliceSkipsOne, "slice-skips-one", "a replay's next slice begins one record late"},
      {Bug::kIgnoreGapInSplice, "ignore-gap-in-splice", "a splice overlooks a gap from above"},
      {Bug::kRingDropsWrongEnd, "ring-drops-wrong-end",
       "of a dropped chunk, the ring notes the wrong end"},
      {Bug::kForgetBackfill, "forget-backfill", "older records from above are not kept"},
      {Bug::kForgetRaise, "forget-raise", "a gap from above leaves the coverage as it was"},
      {Bug::kExtendOverGap, "extend-over-gap", "a backfill's answer hides a gap that came since"},
      {Bug::kGroupHidesGap, "group-hides-gap", "a gap from above is not put into the log"},
      {Bug::kCoverForgetsSplices, "cover-forgets-splices",
       "what is being spliced is not in the cover"},
      {Bug::kLingerForever, "linger-forever", "the cover never narrows"},
      {Bug::kServeWhileNarrowing, "serve-while-narrowing",
       "what is being given up is still served"},
      {Bug::kWantOfAnyEpoch, "want-of-any-epoch", "positions are compared without the epoch"},
      {Bug::kKeepSequences, "keep-sequences", "a client keeps its sequences in a new epoch"},
      {Bug::kEpochForgetsInterest, "epoch-forgets-interest",
       "a new epoch begins without the interest"},
      {Bug::kAdoptOlderEpoch, "adopt-older-epoch", "an older epoch is adopted"},
      {Bug::kForgetPatternOnReconnect, "forget-pattern",
       "a reconnect asks for all but one pattern"},
      {Bug::kResumeOneTooFar, "resume-one-too-far", "a resume begins behind the next record"},
      {Bug::kOldPongRevives, "old-pong-revives", "any pong counts as if sent now"},
      {Bug::kTrustTheHopAbove, "trust-the-hop-above", "the state of the path above is ignored"},
      {Bug::kCountPongs, "count-pongs", "pongs count against the window at one end"},
      {Bug::kMoveShows, "move-shows", "a move is shown as stale"},
      {Bug::kBelieveOldGap, "believe-old-gap",
       "a gap of what another node has brought is believed"},
      {Bug::kTellTooEarly, "tell-too-early",
       "what is new is promised behind a node that was further"},
      {Bug::kBackfillFromBehind, "backfill-from-behind",
       "older records are asked of a node that is behind", RunTreeSeed},
      {Bug::kBearLoops, "bear-loops", "who is above itself stays there", RunTreeSeed},
      {Bug::kForwarderHidesGap, "forwarder-hides-gap", "a gateway keeps a gap to itself"},
      {Bug::kMendOverLoss, "mend-over-loss", "what is lost for good counts as mended"},
      {Bug::kKeepRights, "keep-rights", "a session goes on with the rights that it began with",
       RunRightsSeed},
      {Bug::kServeRefused, "serve-refused",
       "what the node above refuses now is still served to who has it", RunRightsSeed},
      {Bug::kRefuseForGood, "refuse-for-good", "who was refused is not told that it may now",
       RunRightsSeed},
      {Bug::kNameRights, "name-rights", "a refusal names what else a user may see", RunRightsSeed},
      {Bug::kRightsForgetResume, "rights-forget-resume", "who resumes may have what it had",
       RunRightsSeed},
      {Bug::kFinishRefused, "finish-refused",
       "who is just being given what is refused now gets the rest of it", RunRightsSeed},
      {Bug::kNameEverything, "name-everything", "a splice names all topics that there are",
       RunRightsSeed},
      {Bug::kKeepRefusals, "keep-refusals", "a client asks in no new epoch for what was refused",
       RunRightsSeed},
      {Bug::kCountOldInterest, "count-old-interest", "a line counts with an interest of old"},
      {Bug::kTrustTheOtherLine, "trust-the-other-line",
       "a gap of one line is left to another that is down"},
      {Bug::kPromiseTooEarly, "promise-too-early",
       "an interest is promised before its line is where the owner is"},
      {Bug::kJoinTooEarly, "join-too-early", "a line joins ahead of where the owner is"},
      {Bug::kAskTwice, "ask-twice", "what must not be done twice is asked again over the next link",
       RunBusSeed},
      {Bug::kMixAttempts, "mix-attempts", "parts of a dead attempt stay with the next", RunBusSeed},
      {Bug::kDoTwice, "do-twice", "what must not be done twice goes to a second server",
       RunBusSeed},
      {Bug::kSameAttempt, "same-attempt", "another server goes on under the dead one's number",
       RunBusSeed},
      {Bug::kIgnoreRoom, "ignore-room", "an answer is sent whether there is room or not",
       RunBusSeed},
      {Bug::kBelieveAnybody, "believe-anybody", "a server may answer what another has in hand",
       RunBusSeed},
  };
  return bugs;
}

std::optional<Catch> Hunt(const PlantedBug& bug, uint64_t most) {
  planted::the_bug = bug.bug;
  std::optional<Catch> found;
  for (uint64_t seed = 1; seed <= most && !found; ++seed) {
    const Outcome outcome = bug.run(seed, /*log=*/false);
    if (!outcome.violations.empty()) found = Catch{seed, outcome.violations.front()};
  }
  planted::the_bug = Bug::kNone;
  return found;
}

}  // namespace fantail::simulation
