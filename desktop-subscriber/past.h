// `fantail-desk history` and `fantail-desk directory`: the past alone, from the history servers of
// a bus.
//
// Thread: main.
#ifndef FANTAIL_DESKTOP_SUBSCRIBER_PAST_H_
#define FANTAIL_DESKTOP_SUBSCRIBER_PAST_H_

namespace fantail::desk {

// Each is a whole command: gives the exit code. argv[0] is its name.
int History(int argc, char** argv);
int Directory(int argc, char** argv);

}  // namespace fantail::desk

#endif  // FANTAIL_DESKTOP_SUBSCRIBER_PAST_H_
