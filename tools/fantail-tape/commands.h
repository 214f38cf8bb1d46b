// The commands of fantail-tape. Each reads its own command line and returns the exit code;
// `argv[0]` is the command's name.
//
// Thread: main.
#ifndef FANTAIL_TAPE_TOOL_COMMANDS_H_
#define FANTAIL_TAPE_TOOL_COMMANDS_H_

namespace fantail::tape_tool {

int Info(int argc, char** argv);
int Verify(int argc, char** argv);
int Export(int argc, char** argv);
int Import(int argc, char** argv);

}  // namespace fantail::tape_tool

#endif  // FANTAIL_TAPE_TOOL_COMMANDS_H_
