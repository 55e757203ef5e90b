// Trains a convolutional network to tell classes apart, on four workers, and writes it to a file; its features give the
// Frechet distance and its posteriors the score of generated images.
//
//   classifier [digits FILE]          the digits: one half is learnt, the other tells how well
//   classifier cifar:RECORDS FILE     the same with CIFAR-10's binary records; 10 epochs
//   classifier idx:FOLDER FILE        MNIST or Fashion-MNIST, as they are distributed; 4 epochs, 99.0 % and 90.0 %
//   classifier idx:FOLDER FILE mlp    without convolutions; 12 epochs, 98.2 % and 89.5 %
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <saddle/core/atomic_file.hpp>
#include <saddle/games.hpp>

#include "command_line/version.hpp"
#include "trained_classifier.hpp"

namespace {

using namespace saddle;

/// One half of the samples, or the other, drawn at random: files may be in the order of their classes.
samples half_of(samples const& all, int which) {
  samples out{.shape = all.shape, .bounds = all.bounds};
  std::vector<int> const order = order_of_data(all.count);
  for (std::size_t n = static_cast<std::size_t>(which); n < order.size(); n += 2) {
    int const i = order[n];
    out.values.insert(out.values.end(), all[i].begin(), all[i].end());
    out.labels.push_back(all.labels[static_cast<std::size_t>(i)]);
    ++out.count;
  }
  return out;
}

constexpr char const* help = R"(classifier [DATA [FILE [mlp]]]: trains a classifier and writes it to FILE.

  classifier digits digits.classifier     the digits (default)
  classifier cifar:RECORDS FILE           binary records of CIFAR-10
  classifier idx:FOLDER FILE              a folder with the four files of MNIST or Fashion-MNIST
  classifier idx:FOLDER FILE mlp          without convolutions

train_gan --classifier FILE and train_md_gan --classifier FILE rate generated images by it.
--help prints this, --version the version. Exit status: 0; 1 where the digits are told badly; 2 after an error.
)";

}  // namespace

int main(int count, char** arguments) {
  std::string const data = count > 1 ? arguments[1] : "digits", file = count > 2 ? arguments[2] : "";
  if (data == "--help" || data == "-h" || data == "--version") {
    std::fputs(data == "--version" ? command_line::version("classifier").c_str() : help, stdout);
    return 0;
  }
  try {
    bool const is_idx = data.starts_with("idx:"), is_cifar = data.starts_with("cifar:");
    expects(is_idx || is_cifar || data == "digits", [&] {
      return data.starts_with("-") ? "unknown option " + data + "; see --help"
                                   : "there is no data set " + data + ", only digits, cifar:RECORDS and idx:FOLDER";
    });
    if (!file.empty()) atomic_file const tried(file);  // that it cannot be written is known before the training
    samples const whole = is_idx     ? samples{}
                          : is_cifar ? read_cifar(data.substr(6))
                                     : read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz");
    samples const seen = is_idx ? read_idx_folder(data.substr(4), "train") : half_of(whole, 0);
    samples const unseen = is_idx ? read_idx_folder(data.substr(4), "t10k") : half_of(whole, 1);
    bool const is_mlp = count > 3 && std::string(arguments[3]) == "mlp";
    expects(count <= 4 && is_mlp == (count == 4), [] { return "after DATA and FILE comes mlp or nothing; see --help"; });
    int const epochs = is_cifar ? 10 : !is_idx ? 150 : is_mlp ? 12 : 4;
    classifier_options options{.hidden = {is_mlp ? 256 : 128}, .batch = 16, .workers = 4};
    if (!is_mlp) options.filters = {8, 16}, options.kernel = is_idx || is_cifar ? 5 : 3;
    auto const tell = [&](int e, double seconds, convolutional<float> const& network, std::span<float const> w) {
      if (epochs <= 20 || e % 30 == 0)
        std::printf("epoch %3d, %5.1f s: %.2f %% of the other samples are told right\n", e, seconds,
                    100 * accuracy(network, w, unseen));
    };
    trained_classifier const c = train_classifier(seen, options, epochs, 1, tell);
    if (!file.empty()) save(c, file);
    double const right = accuracy(c.network, c.weights, unseen);
    split_score const score = inception_score(posteriors(c.network, c.weights, unseen));
    double const distance =
        frechet_distance(features(c.network, c.weights, seen), features(c.network, c.weights, unseen));
    std::printf("%.2f %% right; of these samples the score is %.2f and the features' Frechet distance %.3f\n",
                100 * right, score.mean, distance);
    return data != "digits" || right > 0.95 ? 0 : 1;
  } catch (std::exception const& e) {
    std::fprintf(stderr, "classifier: %s\n", e.what());
    return 2;
  }
}
