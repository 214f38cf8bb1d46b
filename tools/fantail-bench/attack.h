// fantail-bench attack: what those who do not belong cost the desks of a gateway with keys, what
// ten thousand connections leave behind, and how soon desks that all come back at once are live.
#ifndef FANTAIL_BENCH_ATTACK_H_
#define FANTAIL_BENCH_ATTACK_H_

namespace fantail::bench {

// The exit code. `argv[0]` is "attack".
int AttackBench(int argc, char** argv);

}  // namespace fantail::bench

#endif  // FANTAIL_BENCH_ATTACK_H_
