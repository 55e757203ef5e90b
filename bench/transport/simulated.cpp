// What a step of many workers in one process costs, on one thread: 64 coordinates each, a server and a ring, with a
// model of time and without. `worker_step`: processor time a worker and step; `make_us`: microseconds a worker to make
// the trainer; `virtual_s`: modelled seconds a step.
#include "saddle/transport/simulated.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdint>

#include "../run.hpp"
#include "saddle/saddle.hpp"

namespace {

using namespace saddle;

/// f_m(x, y) = (x - a_m)'(y - a_m), where a_m is one number between 0 and 1: the gradient costs next to nothing.
struct shifted_rotation {
  using scalar = float;
  players sizes() const { return {32, 32}; }
  void initial(std::uint64_t, point<float> w) const {
    for (int p = 0; p < 2; ++p)
      for (float& x : w.of(p)) x = 1;
  }
  void gradient(point<float const> at, sample s, point<float> out) const {
    float const shift = static_cast<float>(s.worker % 997) / 997;
    for (std::size_t i = 0; i < 32; ++i) {
      out.min[i] = at.max[i] - shift;
      out.max[i] = shift - at.min[i];
    }
  }
};

using bytes = error_feedback<qsgd<128, 8>>;
struct with_a_server {
  auto operator()(auto const& transport) const {
    return trainer{shifted_rotation{}, omd{0.1}, bytes{}, parameter_server<>{}, transport, cpu{}};
  }
};
struct round_a_ring {
  auto operator()(auto const& transport) const {
    gossip const talk{.graph = ring(transport.workers), .consensus_step = 0.1};
    return trainer{shifted_rotation{}, omd{0.1}, bytes{}, talk, transport, cpu{}};
  }
};
simulated over_the_internet(int workers) {
  return {.workers = workers, .links = {home}, .compute = compute_time::lognormal(0.1, 0.1, 1), .losses = {0.01, 0.2}};
}
loopback at_once(int workers) { return {workers}; }

template <auto Transport>
void step(benchmark::State& state, auto const& make) {
  auto const workers = static_cast<int>(state.range(0));
  using clock = std::chrono::steady_clock;
  auto const start = clock::now();
  auto t = make(Transport(workers));
  double const made = std::chrono::duration<double, std::micro>(clock::now() - start).count();
  t.step();
  for (auto _ : state) t.step();
  double const steps = static_cast<double>(state.iterations()) * workers;
  state.counters["worker_step"] = {steps, benchmark::Counter::kIsRate | benchmark::Counter::kInvert};
  state.counters["make_us"] = made / workers;
  if (auto const virtual_now = t.report().simulated)
    state.counters["virtual_s"] = virtual_now->seconds / static_cast<double>(t.report().step);
}

}  // namespace

int main(int argc, char** argv) {
  auto const add = [](char const* name, auto f, auto const& make) {
    auto* const b = benchmark::RegisterBenchmark(name, [=](benchmark::State& s) { f(s, make); });
    for (int const workers : {16, 128, 1024, 4096, 10'000}) b->Arg(workers);
  };
  auto const modelled = [](auto& s, auto const& make) { step<over_the_internet>(s, make); };
  auto const plain = [](auto& s, auto const& make) { step<at_once>(s, make); };
  add("server/simulated", modelled, with_a_server{});
  add("server/loopback", plain, with_a_server{});
  add("ring/simulated", modelled, round_a_ring{});
  add("ring/loopback", plain, round_a_ring{});
  return run_benchmarks(argc, argv);
}
