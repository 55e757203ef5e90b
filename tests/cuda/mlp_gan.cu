#include "saddle/problem/mlp_gan.cuh"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "../problem/gans.hpp"
#include "saddle/cuda.cuh"
#include "saddle/data/digits.hpp"
#include "saddle/executor/cuda_check.cuh"
#include "saddle/executor/device_vector.cuh"
#include "saddle/metric/frechet.hpp"
#include "small_device.hpp"

namespace {

using namespace saddle;

/// Weights, a gradient and the sample in memory of the device.
template <class T>
struct on_gpu {
  players sizes;
  device_vector<T> weights, out;
  device_vector<sample> which;

  explicit on_gpu(test::both_players<T> const& w)
      : sizes(w.sizes), weights(w.all.begin(), w.all.end()), out(w.all.size()), which(1) {}

  point<T> spans(device_vector<T>& all) const {
    std::span<T> const w(pointer_to(all), all.size());
    return {w.first(static_cast<std::size_t>(sizes.min)), w.last(static_cast<std::size_t>(sizes.max))};
  }
  point<T> at() { return spans(weights); }
  point<T> gradient() { return spans(out); }
  sample const* s() const { return pointer_to(which); }
  /// Of another sample; the old gradient is forgotten.
  void next(sample s, T forgotten = T{77}) {
    thrust::fill(out.begin(), out.end(), forgotten);
    which[0] = s;
  }
  test::both_players<T> fetch() const {
    cuda_check(cudaDeviceSynchronize());
    test::both_players<T> g(sizes);
    thrust::copy(out.begin(), out.end(), g.all.begin());
    return g;
  }
};

struct stream_of_its_own {
  cudaStream_t stream = nullptr;
  stream_of_its_own() { cuda_check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking)); }
  ~stream_of_its_own() { cudaStreamDestroy(stream); }
  stream_of_its_own(stream_of_its_own const&) = delete;
};

template <class T>
void compare_with_the_host() {
  test::differences<T> min, max, alone;
  for (test::gan const& g : test::gans()) {
    mlp_gan<T> const gan(g.data, g.options);
    device_mlp_gan<T> const device = on_device(gan);
    auto w = test::perturbed_start(gan);
    on_gpu<T> memory(w);
    for (sample const s : test::samples_of(g.options.workers)) {
      test::both_players<T> expected(gan.sizes());
      gan.gradient(w, s, expected);
      memory.next(s);
      device.gradient(memory.at(), memory.s(), memory.gradient(), nullptr);
      auto whole = memory.fetch();
      min.add(test::error(expected, whole, player::min));
      max.add(test::error(expected, whole, player::max));
      for (player const who : {player::min, player::max}) {
        memory.next(s);
        device.gradient(memory.at(), memory.s(), memory.gradient(), who, nullptr);
        auto part = memory.fetch();
        alone.add(test::error(expected, part, who));
        auto const other = point<T>(part).of(1 - static_cast<int>(who));
        CAPTURE(g);
        CHECK(std::all_of(other.begin(), other.end(), [](T v) { return v == 77; }));
      }
    }
  }
  CHECK_MESSAGE(min.few(), "the generator's: ", min);
  CHECK_MESSAGE(max.few(), "the discriminator's: ", max);
  CHECK_MESSAGE(alone.few(), "of one player alone: ", alone);
}

mlp_gan_options two_layers(double r1) {
  mlp_gan_options o;
  o.generator = {40, 33}, o.discriminator = {37, 64}, o.batch = 19, o.r1 = r1, o.workers = 2;
  return o;
}

}  // namespace

TEST_CASE("device_mlp_gan: the gradient is that of mlp_gan up to rounding") {
  compare_with_the_host<float>();
  compare_with_the_host<double>();
}

TEST_CASE("device_mlp_gan: a captured gradient has the bits of one that was not, on each sample") {
  for (double const r1 : {0.0, 1.0}) {
    mlp_gan<float> const gan(test::noise(50, {3, 3, 1}, true), two_layers(r1));
    auto made = on_device(gan);
    auto const device = std::move(made);
    auto w = test::perturbed_start(gan);
    on_gpu<float> memory(w);
    sample const first{1, 0, 1, 0}, second{1, 1, 2, 1};
    std::vector<std::vector<float>> eager;
    for (sample const s : {first, second}) {
      memory.next(s);
      device.gradient(memory.at(), memory.s(), memory.gradient(), nullptr);
      eager.push_back(memory.fetch().all);
    }
    CHECK(eager[0] != eager[1]);

    stream_of_its_own const own;
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t ready = nullptr;
    cuda_check(cudaStreamBeginCapture(own.stream, cudaStreamCaptureModeThreadLocal));
    device.gradient(memory.at(), memory.s(), memory.gradient(), own.stream);
    cuda_check(cudaStreamEndCapture(own.stream, &graph));
    cuda_check(cudaGraphInstantiate(&ready, graph, 0));
    for (int round = 0; round < 2; ++round)
      for (int k = 0; k < 2; ++k) {
        memory.next(k == 0 ? first : second);
        cuda_check(cudaDeviceSynchronize());
        cuda_check(cudaGraphLaunch(ready, own.stream));
        CHECK(memory.fetch().all == eager[static_cast<std::size_t>(k)]);
      }
    cuda_check(cudaGraphExecDestroy(ready));
    cuda_check(cudaGraphDestroy(graph));
  }
}

TEST_CASE("device_mlp_gan: made and used while another thread records a gradient of another one") {
  mlp_gan<float> const gan(test::noise(50, {3, 3, 1}, true), two_layers(1));
  auto const device = on_device(gan);
  auto w = test::perturbed_start(gan);
  on_gpu<float> memory(w), of_other(w);
  sample const s{1, 0, 1, 0};
  memory.next(s);
  of_other.next(s);
  device.gradient(memory.at(), memory.s(), memory.gradient(), nullptr);
  std::vector<float> const expected = memory.fetch().all;
  memory.next(s);

  stream_of_its_own const recorded, used;
  std::optional<device_mlp_gan<float>> other;  // which ends later: cublasDestroy waits for the device
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t ready = nullptr;
  cuda_check(cudaDeviceSynchronize());
  cuda_check(cudaStreamBeginCapture(recorded.stream, cudaStreamCaptureModeThreadLocal));
  std::thread([&] {
    other.emplace(gan);
    other->gradient(of_other.at(), of_other.s(), of_other.gradient(), used.stream);
    cuda_check(cudaStreamSynchronize(used.stream));
  }).join();
  device.gradient(memory.at(), memory.s(), memory.gradient(), recorded.stream);
  cuda_check(cudaStreamEndCapture(recorded.stream, &graph));
  cuda_check(cudaGraphInstantiate(&ready, graph, 0));
  cuda_check(cudaGraphLaunch(ready, recorded.stream));
  CHECK(memory.fetch().all == expected);
  CHECK(of_other.fetch().all == expected);
  cuda_check(cudaGraphExecDestroy(ready));
  cuda_check(cudaGraphDestroy(graph));
}

TEST_CASE("device_mlp_gan: sizes and the starting point are those of mlp_gan") {
  mlp_gan<double> const gan(test::noise(50, {3, 3, 1}, false), two_layers(0));
  auto const device = on_device(gan);
  CHECK(device.sizes() == gan.sizes());
  CHECK(device.workers() == 2);
  test::both_players<double> expected(gan.sizes()), found(gan.sizes());
  gan.initial(4, expected);
  device.initial(4, found);
  CHECK(found.all == expected.all);
}

TEST_CASE("device_mlp_gan: what does not fit is refused") {
  mlp_gan<float> const gan(test::noise(5, {1, 2, 1}, false), mlp_gan_options{});
  auto const device = on_device(gan);
  auto w = test::perturbed_start(gan);
  on_gpu<float> memory(w);
  point<float> small = memory.gradient();
  small.max = small.max.first(small.max.size() - 1);
  CHECK_THROWS_AS(device.gradient(small, memory.s(), memory.gradient(), nullptr), std::invalid_argument);
  CHECK_THROWS_AS(device.gradient(memory.at(), memory.s(), small, nullptr), std::invalid_argument);
  CHECK_THROWS_AS(device.gradient(memory.at(), memory.s(), small, player::max, nullptr),
                  std::invalid_argument);
  test::both_players<float> host(gan.sizes());
  point<float> short_host = host;
  short_host.min = {};
  CHECK_THROWS_AS(device.initial(1, short_host), std::invalid_argument);
}

TEST_CASE("a failed call of cuBLAS names the error and the line") {
  try {
    cublas_check(CUBLAS_STATUS_NOT_SUPPORTED);
    FAIL("did not throw");
  } catch (cublas_error const& e) {
    CHECK(e.code == CUBLAS_STATUS_NOT_SUPPORTED);
    CHECK(std::string(e.what()).find("CUBLAS_STATUS_NOT_SUPPORTED") != std::string::npos);
    CHECK(std::string(e.what()).find("mlp_gan.cu") != std::string::npos);
  }
}

// Everything on the device: the data, the gradients, the step.
TEST_CASE("DQGAN learns the digits on the device, and starts as on the CPU") {
  samples const real = read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
  mlp_gan_options how;
  how.batch = 16;
  how.r1 = 0.3;
  how.workers = 4;
  mlp_gan<float> const gan(real, how);
  settings const s{.seed = 1, .average = averaging::exponential, .decay = 0.998};
  auto const make = [&](auto executor) {
    return trainer{gan,         omd{.step_size = 0.05}, error_feedback{qsgd<512, 8>{}}, parameter_server<>{},
                   loopback{4}, executor,               s};
  };
  auto there = make(saddle::cuda{});
  auto here = make(cpu{});
  there.run(3);
  here.run(3);
  for (int p = 0; p < 2; ++p)
    for (std::size_t i = 0; i < here.weights(0).of(p).size(); ++i)
      CHECK(there.weights(0).of(p)[i] == doctest::Approx(here.weights(0).of(p)[i]).epsilon(0.01).scale(0.01));
  CHECK(there.report().skipped_steps == 0);
  if (small_device()) return;  // which would take hours
  there.run(1997);
  CHECK(frechet_distance(real, gan.generate(there.averaged_weights(0).min, real.count, 1)) <= 1.0);
  CHECK(there.report().skipped_steps == 0);
}
