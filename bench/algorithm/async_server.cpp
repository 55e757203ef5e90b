// What a push of one of many workers costs an asynchronous server in one process, on one thread: 4096 coordinates, a
// gradient that costs next to nothing, modelled links and times. `push`: processor time a push; `staleness`: the mean;
// `counters_d`: bytes a coordinate that the rule of staleness needs.
#include "saddle/algorithm/async_server.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../run.hpp"
#include "saddle/algorithm/adacomp_sgd.hpp"
#include "saddle/algorithm/error_feedback_top_k_sgd.hpp"
#include "saddle/saddle.hpp"

namespace {

using namespace saddle;

/// f = w'Dw / 2 with a diagonal D that depends on the worker and the draw.
struct noisy_bowl {
  using scalar = float;
  players sizes() const { return {4096, 0}; }
  std::vector<tensor> tensors(player who) const {
    return who == player::min ? std::vector<tensor>{{64, 64}} : std::vector<tensor>{};
  }
  void initial(std::uint64_t, point<float> w) const {
    for (float& x : w.min) x = 1;
  }
  void gradient(point<float const> at, sample s, point<float> out) const {
    std::size_t const from = static_cast<std::size_t>(331 * s.worker + 13 * s.step);
    for (std::size_t i = 0; i < out.min.size(); ++i)
      out.min[i] = at.min[i] * static_cast<float>((from + 7 * i) % 1021) / 1021;
  }
};

template <class Settings>
void push(benchmark::State& state, Settings how) {
  auto const workers = static_cast<int>(state.range(0));
  how.step_size = 1e-4;
  simulated const network{.workers = workers, .links = {home}, .compute = compute_time::lognormal(0.1, 0.1, 1)};
  async_server server{noisy_bowl{}, how, network, cpu{}};
  server.run(2 * workers);  // as many pulls are out as there will be
  for (auto _ : state) server.step();
  state.counters["push"] = {static_cast<double>(state.iterations()),
                            benchmark::Counter::kIsRate | benchmark::Counter::kInvert};
  async_report const r = server.report();
  state.counters["staleness"] = r.mean_staleness;
  state.counters["counters_d"] = static_cast<double>(r.staleness_bytes) / 4096;
}

}  // namespace

int main(int argc, char** argv) {
  auto const add = [](std::string const& name, auto const& how) {
    auto* const b = benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& s) { push(s, how); });
    for (int const workers : {10, 100, 1000, 10'000}) b->Arg(workers);
  };
  add("sgd", async_settings<>{});
  add("sgd/per_push", async_settings<identity, staleness::per_push>{});
  add("sgd/per_parameter", async_settings<identity, staleness::per_parameter>{});
  add("adacomp", adacomp_sgd(0.01, 0));
  add("error_feedback_top_k", error_feedback_top_k_sgd(0.01, 0));
  return run_benchmarks(argc, argv);
}
