// What the library says of its wires is what goes over them: MPI's own functions are counted. And the weights are those
// of one process. Ranks that begin with different weights are refused.
#include <cstdint>
#include <cstdio>
#include <stdexcept>
#include <string>

#include "../algorithm/mirror.hpp"
#include "saddle/algorithm/async_server.hpp"
#include "wires.hpp"

namespace {

using namespace saddle;
using test::bytes_sent, test::partners, test::require, test::small_game;

template <class O, class C, class Topology>
void compare(char const* name, O o, C c, Topology topology, bool only_neighbours = false) {
  constexpr int workers = 8;
  trainer alone{small_game{}, o, c, topology, loopback{workers}, cpu{}};
  alone.run(5);
  for (server_place place : {server_place::sharded, server_place::star}) {
    if (only_neighbours && place == server_place::star) continue;  // there is no server
    bytes_sent = 0;
    trainer t{small_game{}, o, c, topology, mpi{.workers = workers, .server = place}, cpu{}};
    partners.clear();  // all have agreed on what they run
    t.run(5);
    report const r = t.report();
    require(r.wire_bytes == bytes_sent, std::string(name) + ": wire_bytes is " + std::to_string(r.wire_bytes) +
                                            ", MPI was given " + std::to_string(bytes_sent));
    require(r.uplink == alone.report().uplink && r.downlink == alone.report().downlink,
            std::string(name) + ": message_bytes of one process");
    int const ranks = boost::mpi::communicator().size(), rank = boost::mpi::communicator().rank();
    require((bytes_sent > 0) == (ranks > 1), std::string(name) + ": something goes over wires between ranks");
    if (only_neighbours)
      for (int other : partners)
        require(other == (rank + 1) % ranks || rank == (other + 1) % ranks,
                std::string(name) + ": only neighbours talk");
    require(t.digest() == alone.digest(), std::string(name) + ": the weights of one process");
  }
}

void compare_md_gan() {
  md_gan_settings<adam, adam, qsgd<128, 8>, with_bias<error_feedback<top_k<128, 20>>>, half<128>> const how{
      .batches = 3,
      .exchange_every = 2,
      .state = exchanged_state::moves,
      .departures = {{1, 4}, {7, 5}}};
  md_gan alone{test::mirror{}, how, loopback{8}, cpu{}};
  alone.run(6);
  bytes_sent = 0;
  md_gan spread{test::mirror{}, how, mpi{.workers = 8}, cpu{}};
  spread.run(6);
  md_gan_report const r = spread.report(), expected = alone.report();
  require(r.wire_bytes == bytes_sent, "MD-GAN: wire_bytes is what MPI was given");
  require(r.uplink == expected.uplink && r.downlink == expected.downlink && r.exchanged == expected.exchanged,
          "MD-GAN: the counters of one process");
  require(spread.digest() == alone.digest(), "MD-GAN: the weights of one process");
}

/// A game and a pair one of whose first weights is this process's own.
struct own_beginning : small_game {
  static void initial(std::uint64_t seed, point<float> w) {
    small_game::initial(seed, w);
    w.min[0] += static_cast<float>(boost::mpi::communicator().rank());
  }
};
template <bool OfGenerator>
struct own_pair : test::mirror {
  void initial(std::uint64_t seed, point<double> w) const {
    test::mirror::initial(seed, w);
    (OfGenerator ? w.min : w.max).back() += boost::mpi::communicator().rank();
  }
};

template <class F>
void refuse_different_weights(std::string const& driver, F const& make) {
  std::string said;
  try {
    make();
  } catch (std::invalid_argument const& e) {
    said = e.what();
  }
  bool const several = boost::mpi::communicator().size() > 1;
  require(said.starts_with(several ? driver + ": the processes begin with different weights" : "") &&
              said.empty() != several,
          driver + " of ranks that begin differently: '" + said + "'");
}

void refuse_different_weights() {
  mpi const ranks{.workers = 8};
  refuse_different_weights("trainer", [&] {
    trainer{own_beginning{}, omd{0.01}, identity{}, parameter_server<>{}, ranks, cpu{}};
  });
  refuse_different_weights("async_server", [&] { async_server{own_beginning{}, async_settings<>{}, ranks, cpu{}}; });
  refuse_different_weights("md_gan", [&] { md_gan{own_pair<false>{}, md_gan_settings<adam, adam>{}, ranks, cpu{}}; });
  md_gan{own_pair<true>{}, md_gan_settings<adam, adam>{}, ranks, cpu{}};  // the generator is rank 0's alone
}

}  // namespace

int main(int argc, char** argv) {
  return mpi::guard(argc, argv, [] {
    using careful = error_feedback<qsgd<128, 4, rounding::nearest>>;
    compare("DQGAN", omd{0.01}, careful{}, parameter_server<>{});
    compare("both ways", optimistic_adam{.step_size = 0.01}, careful{}, parameter_server<careful>{});
    compare("a player at a time", alternating_sgda{{0.01}}, qsgd<128, 4>{}, parameter_server<>{});
    compare("global top-k", sgda{0.01}, error_feedback{global_top_k<128>{0.05}}, parameter_server<>{});
    compare("DPOSG", omd{0.01}, identity{}, gossip{.graph = ring(8), .rounds = 2}, true);
    compare("overlap", omd{0.01}, identity{}, gossip{.graph = ring(8), .order = gossip_order::combine_then_adapt},
            true);
    compare("CHOCO", extragradient{0.01}, scaled_sign<128>{}, gossip{.graph = ring(8), .consensus_step = 0.1}, true);
    compare("DeepSqueeze", sgda{0.01}, careful{}, gossip{.graph = ring(8), .consensus_step = 0.1}, true);
    compare_md_gan();
    refuse_different_weights();
    if (boost::mpi::communicator().rank() == 0) std::puts("ok");
    return 0;
  });
}
