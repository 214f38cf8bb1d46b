// Bugs that can be planted, to see that the simulation finds them: each is one that an engineer
// could really make, as one line where it would be made. They exist in the build of the simulation
// alone; everywhere else On is false at compile time and the line is gone.
//
// To plant another: a line here and in tests/simulation/planted.cc, and `planted::On` where it
// belongs. tools/simulate --planted must find it within 1,000 seeds.
//
// Thread: each thread has a bug of its own.
#ifndef FANTAIL_BASE_PLANTED_H_
#define FANTAIL_BASE_PLANTED_H_

#include <cstdint>

namespace fantail::planted {

enum class Bug : uint8_t {
  kNone,
  // What a session is sent.
  kSkipFlush,
  kDropOnWouldBlock,
  kWindowOneTooMany,
  kNeverFallBehind,
  kFallBehindSilently,
  kForgetWaiting,
  kDropEncoded,
  kKeepStream,
  kKeepSharing,
  kJoinMidStream,
  kMergeStatus,
  kForgetCooled,
  kClimbEarly,
  kKeepSilentSessions,
  kBornTopicNotRouted,
  kNewVenueNotRouted,
  // Splices.
  kJoinBeforeImages,
  kIgnoreGapOnResume,
  kAnnounceOnce,
  kForgetBornTopic,
  kForgetVenues,
  kSliceSkipsOne,
  kIgnoreGapInSplice,
  // What a node holds.
  kRingDropsWrongEnd,
  kForgetBackfill,
  kForgetRaise,
  kExtendOverGap,
  kGroupHidesGap,
  // What a node asks for.
  kCoverForgetsSplices,
  kLingerForever,
  kServeWhileNarrowing,
  // Epochs.
  kWantOfAnyEpoch,
  kKeepSequences,
  kEpochForgetsInterest,
  kAdoptOlderEpoch,
  // The client.
  kForgetPatternOnReconnect,
  kResumeOneTooFar,
  kOldPongRevives,
  kTrustTheHopAbove,
  kCountPongs,
  kMoveShows,
  kBelieveOldGap,
  kTellTooEarly,
  kBackfillFromBehind,
  kBearLoops,
  kForwarderHidesGap,
  kMendOverLoss,
  // Rights.
  kKeepRights,
  kServeRefused,
  kRefuseForGood,
  kNameRights,
  kRightsForgetResume,
  kFinishRefused,
  kNameEverything,
  kKeepRefusals,
  // Lines.
  kCountOldInterest,
  kTrustTheOtherLine,
  kPromiseTooEarly,
  kJoinTooEarly,
  // The bus.
  kAskTwice,
  kMixAttempts,
  kDoTwice,
  kSameAttempt,
  kIgnoreRoom,
  kBelieveAnybody,
  kCount,
};

#ifdef FANTAIL_PLANTED
inline constinit thread_local Bug the_bug = Bug::kNone;
inline bool On(Bug bug) {
  return the_bug == bug;
}
#else
constexpr bool On(Bug) {
  return false;
}
#endif

}  // namespace fantail::planted

#endif  // FANTAIL_BASE_PLANTED_H_
