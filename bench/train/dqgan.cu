// Whole DQGAN steps on the GPU: without a gradient for a range of sizes, and of GANs; launched one by one and as a
// graph.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <vector>

#include "../run.hpp"
#include "saddle/problem/mlp_gan.cuh"
// Eigen comes with the first.
#include "saddle/cuda.cuh"
#include "saddle/data/digits.hpp"

namespace {

using namespace saddle;

/// Its gradient costs nothing: zeros that are never written.
struct no_gradient {
  using scalar = float;
  std::int64_t coordinates;
  players sizes() const { return {coordinates / 2, coordinates / 2}; }
  void initial(std::uint64_t, point<float> w) const {
    std::ranges::fill(w.min, 1.0f);
    std::ranges::fill(w.max, 1.0f);
  }
  void gradient(point<float const>, sample const*, point<float>, cudaStream_t) const {}
};

template <class P>
void steps(benchmark::State& state, P problem, int workers) {
  saddle::cuda const how{.graphs = state.range(0) != 0};
  trainer t{std::move(problem), omd{.step_size = 1e-4}, error_feedback{qsgd<512, 8, rounding::nearest>{}},
            parameter_server<>{}, loopback{workers}, how};
  t.run(3);
  cuda_check(cudaDeviceSynchronize());
  constexpr int at_once = 100;  // the device is waited for once
  auto const start = std::chrono::steady_clock::now();
  for (auto _ : state) {
    t.run(at_once);
    cuda_check(cudaDeviceSynchronize());
  }
  std::chrono::duration<double, std::micro> const elapsed = std::chrono::steady_clock::now() - start;
  state.counters["us/step"] = elapsed.count() / static_cast<double>(state.iterations() * at_once);
  state.counters["coordinates"] = static_cast<double>(t.sizes().size());
}

mlp_gan<float> perceptrons(samples const& real, std::vector<int> hidden, int latent, int batch, double r1,
                           int workers) {
  mlp_gan_options how;
  how.generator = how.discriminator = std::move(hidden);
  how.latent = latent;
  how.batch = batch;
  how.r1 = r1;
  how.workers = workers;
  return {real, how};
}
/// As large as MNIST's pictures; a step takes as long whatever they show.
samples noise(int count) {
  samples s{.count = count, .shape = {28, 28}, .bounds = range{0, 1}};
  random_sequence random({.use = purpose::evaluation});
  for (int i = 0; i < count * 784; ++i) s.values.push_back(static_cast<float>(random.uniform()));
  return s;
}

template <class F>
void add(std::string const& name, F f) {
  for (int const graph : {0, 1})
    benchmark::RegisterBenchmark((name + (graph ? "/graph" : "/eager")).c_str(), f)
        ->Arg(graph)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
}

}  // namespace

int main(int argc, char** argv) {
  if (!has_cuda_device()) {
    std::puts("skipped: no CUDA device");
    return 77;
  }
  for (int const log2_size : {16, 20, 24, 28})
    add("step/2^" + std::to_string(log2_size),
        [=](benchmark::State& state) { steps(state, no_gradient{std::int64_t{1} << log2_size}, 1); });
  samples digits;
  try {
    digits = read_digits(std::string(SADDLE_SOURCE_DIR) + "/examples/data/digits.csv.gz");
  } catch (std::runtime_error const& e) {
    std::fprintf(stderr, "train_dqgan_cuda: %s\n", e.what());
    return 2;
  }
  auto const pictures = noise(4096);
  add("digits/4-workers",
      [&](benchmark::State& state) { steps(state, perceptrons(digits, {128, 128}, 32, 32, 1, 4), 4); });
  for (int const r1 : {1, 0}) {  // torch_gan.py has these too
    std::string const work = r1 ? "/1-worker" : "/1-worker/no-r1";
    add("digits" + work,
        [&, r1](benchmark::State& state) { steps(state, perceptrons(digits, {128, 128}, 32, 32, r1, 1), 1); });
    add("mnist-sized" + work,
        [&, r1](benchmark::State& state) { steps(state, perceptrons(pictures, {512, 512}, 100, 64, r1, 1), 1); });
  }
  return run_benchmarks(argc, argv);
}
