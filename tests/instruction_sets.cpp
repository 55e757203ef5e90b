// What saddle::bitwise promises of instruction sets: compiled for two of them and run on one machine, this program
// prints the same. From equal gradients (a game of plain loops) come equal messages, weights, memories and moments.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include "compressor/whole_message.hpp"
#include "saddle/problem/bilinear.hpp"
#include "saddle/saddle.hpp"

namespace {

using namespace saddle;

template <class T>
void print(std::string const& what, std::span<T const> values) {
  checksum sum;
  sum.add(values);
  std::printf("%-60s %016llx\n", what.c_str(), static_cast<unsigned long long>(sum.value()));
}

/// Everything that determines the future of a run.
template <class Trainer>
void print_run(Trainer run) {
  run.run(60);
  std::string const path =
      (std::filesystem::temp_directory_path() / ("saddle-instructions-" + std::to_string(::getpid()))).string();
  run.save(path);
  std::ifstream file(path, std::ios::binary);
  std::vector<char> const bytes{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(path);
  print(run.report().optimizer + " " + run.report().compressor + " " + run.report().topology, std::span(bytes));
}

template <class T>
void trainings() {
  auto const game = bilinear<T>::random(150, 0.3, 4, 1);
  auto const all = [&](auto optimizer, auto compressor, auto topology) {
    print_run(trainer(game, optimizer, compressor, topology, loopback{4}, cpu{}));
  };
  using coarse = error_feedback<qsgd<128, 4>>;
  all(omd{0.01}, coarse{}, parameter_server<coarse>{});
  all(adam{.step_size = 0.01}, error_feedback<top_k<128, 16>>{}, parameter_server{});
  all(optimistic_adam{.step_size = 0.01}, error_feedback<scaled_sign<128>>{}, parameter_server{});
  all(extragradient{.step_size = 0.01}, identity{}, gossip{ring(4)});
  all(sgda{0.001}, qsgd<128, 8>{}, gossip{.graph = ring(4), .consensus_step = 0.1});
}

template <class T>
void messages() {
  constexpr players sizes{1000, 300};
  std::vector<T> gradient(static_cast<std::size_t>(sizes.size()));
  random_sequence random({.seed = 3, .use = purpose::evaluation});
  for (T& v : gradient) v = static_cast<T>(random.normal());
  auto const one = [&]<class C>(C c) {
    message_of<C, T> m(c, sizes);
    for (std::int64_t i = 0; i < m.layout.buckets(); ++i) {
      bucket const b = m.layout.at(i);
      T p[m.longest] = {}, sent[m.longest] = {};
      for (int k = 0; k < b.count; ++k)
        p[k] = gradient[static_cast<std::size_t>(b.begin + k) % gradient.size()];
      encode_tile(c, serial_group{}, p, p, sent, b.count, random_stream{.seed = 7}, m.at(b.index));
    }
    print(C::name() + (sizeof(T) == 4 ? " of float" : " of double"), std::span<std::byte const>(m.planes));
  };
  one(qsgd<128, 4>{});
  one(qsgd<512, 8>{});
  one(top_k<128, 16>{});
  one(scaled_sign<512>{});
  one(natural<128>{});
  one(half<128>{});
  one(bfloat{});
  one(ternary<128>{});
  one(random_k<128, 16>{});
}

}  // namespace

int main() {
#if defined(__x86_64__) && defined(__GNUC__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 77;  // nothing to compare with
#endif
  messages<float>();
  messages<double>();
  trainings<float>();
}
