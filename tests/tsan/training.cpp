// Training on several threads under the thread sanitizer: a server, a graph, and an asynchronous server, whose digests
// are those of one thread.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "saddle/algorithm/adacomp_sgd.hpp"
#include "saddle/algorithm/async_server.hpp"
#include "saddle/saddle.hpp"
#include "saddle/transport/simulated.hpp"

namespace {

using namespace saddle;

/// Two bowls, of two tensors and of one, with slopes that depend on the worker and the draw.
struct tilted_bowls {
  using scalar = float;
  players sizes() const { return {900, 700}; }
  std::vector<tensor> tensors(player who) const {
    return who == player::min ? std::vector<tensor>{{30, 20}, {300, 1}} : std::vector<tensor>{{700, 1}};
  }
  void initial(std::uint64_t, point<float> w) const {
    for (int p = 0; p < 2; ++p)
      for (float& x : w.of(p)) x = 1;
  }
  void gradient(point<float const> at, sample s, point<float> out, player who) const {
    std::span<float const> const w = at.of(static_cast<int>(who));
    std::span<float> const to = out.of(static_cast<int>(who));
    for (std::size_t i = 0; i < to.size(); ++i)
      to[i] = w[i] + static_cast<float>((i + static_cast<std::size_t>(7 * s.worker + 3 * s.step)) % 13);
  }
  void gradient(point<float const> at, sample s, point<float> out) const {
    gradient(at, s, out, player::min);
    gradient(at, s, out, player::max);
  }
};

/// Whether make(1) and make(3), which train alike, end alike.
template <class Make>
bool is_equal(Make const& make) {
  auto one = make(1), three = make(3);
  for (auto* const driver : {&one, &three}) driver->run(30);
  return one.digest() == three.digest();
}

}  // namespace

int main() {
  tilted_bowls const game;
  bool const good =
      is_equal([&](int threads) {
        return trainer{game, optimistic_adam{}, error_feedback{qsgd<512, 8>{}},
                       parameter_server{error_feedback{qsgd<512, 8>{}}}, loopback{5}, cpu{threads}};
      }) &&
      is_equal([&](int threads) {
        return trainer{game, omd{}, error_feedback{top_k<128, 4>{}}, gossip{.graph = ring(5), .consensus_step = 0.1},
                       loopback{5}, cpu{threads}};
      }) &&
      is_equal([&](int threads) {
        return trainer{game, sgda{}, error_feedback{global_top_k<>{0.05}}, parameter_server<>{}, loopback{5},
                       cpu{threads}};
      }) &&
      is_equal([&](int threads) {
        simulated const network{.workers = 9, .links = {home}, .compute = compute_time::lognormal(0.1, 0.1, 1)};
        return async_server{game, adacomp_sgd(0.05, 0.01), network, cpu{threads}};
      }) &&
      is_equal([&](int threads) {  // gradients that are due together
        return async_server{game, async_settings<>{.step_size = 0.01}, loopback{9}, cpu{threads}};
      });
  return good ? 0 : 1;
}
