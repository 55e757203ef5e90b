// The judges of images: how well they tell classes, and what they say of real images, of noise, of a class that is
// missing. A distance of generated images is to be read beside these.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include <saddle/core/counter_rng.hpp>
#include <saddle/problem/gan_batch.hpp>

#include "judge.hpp"
#include "report.hpp"

namespace {

using namespace saddle;
using namespace evidence;

/// So many in a random order, other ones for each draw as long as there are some.
samples drawn(samples const& from, int count, int draw) {
  std::vector<int> which = order_of_data(from.count);
  std::ranges::rotate(which, which.begin() + std::int64_t{count} * draw % from.count);
  which.resize(static_cast<std::size_t>(count));
  return picked(from, which);
}
template <class F>
samples of_classes(samples const& all, F const& wanted) {
  std::vector<int> which;
  for (int i = 0; i < all.count; ++i)
    if (wanted(all.labels[static_cast<std::size_t>(i)])) which.push_back(i);
  return picked(all, which);
}
samples noise_like(samples const& real) {
  samples out{.count = real.count, .shape = real.shape, .values = real.values, .labels = {}, .bounds = real.bounds};
  random_sequence random({.seed = 1, .use = purpose::evaluation});
  for (float& v : out.values) v = out.bounds->from_signed_unit(static_cast<float>(2 * random.uniform() - 1));
  return out;
}

struct judge_claims {
  int tells, ordered;
};

void look(image_set const& all, double wanted_accuracy, judge_claims const& said, claims& verdict, table& out,
          options const& o) {
  judge const eye(all, o.threads, o.quick ? std::filesystem::path() : o.out);
  std::cout << eye.in_words() << "\n";
  verdict.observe(said.tells, eye.accuracy() >= wanted_accuracy, all.name + ": " + percent(eye.accuracy()));
  image_set const halves = halves_of(all.name, all.test);
  samples const &a = halves.train, &b = halves.test;  // compared, and compared with
  samples const lacking = of_classes(a, [](int c) { return c != 0; });
  struct kind {
    char const* name;
    samples images;
  };
  std::vector<kind> const kinds{{"test images", a},
                                {"training images", part(all.train, 0, std::min(all.train.count, a.count))},
                                {"a class missing", lacking},
                                {"five classes missing", of_classes(a, [](int c) { return c >= 5; })},
                                {"noise", noise_like(a)}};
  for (int const count : {200, 500, 2000, lacking.count}) {
    if (count > lacking.count) continue;
    std::vector<double> ends;
    for (kind const& k : kinds) {
      if (count > k.images.count) continue;
      std::vector<double> distances, scores;
      for (int draw = 0; draw < o.seeds; ++draw) {
        samples const some = drawn(k.images, count, draw);
        distances.push_back(eye.distance(some, b));
        scores.push_back(eye.score(some));
      }
      ends.push_back(median(distances));
      out.add({all.name, k.name, std::to_string(count), text(ends.back()), least_to_most(distances),
               text(median(scores))});
    }
    bool const missing_is_further = ends[2] > ends[0];
    verdict.observe(said.ordered, missing_is_further && ends.back() > 10 * ends[0],
                    all.name + ", " + std::to_string(count) + " images: test images " + text(ends[0]) +
                        ", a class missing " + text(ends[2]) + ", noise " + text(ends.back()));
  }
}

int measure_all(options const& o) {
  claims all;
  judge_claims const said{
      all.state("the judges tell at least 95 % of the digits, 98.5 % of MNIST and 60 % of CIFAR-10 right, of images "
                "that they were not trained on"),
      all.state("whatever their number, real images are nearer than real images of nine classes, and ten times nearer "
                "than noise")};
  table out("Frechet distance on the judge's features from one half of the test images, and score: images from the "
            "other half, from the training set, and noise; median of " + std::to_string(o.seeds) + " draws.",
            {"data", "images", "number", "distance", "draws", "score"});
  look(digits_images(), 0.95, said, all, out, o);
  if (!o.quick && has_mnist()) look(mnist_images(), 0.985, said, all, out, o);
  if (!o.quick && has_cifar()) look(cifar_images(), 0.6, said, all, out, o);
  out.print();
  out.save(o.out / "judge.csv");
  return all.conclude();
}

}  // namespace

int main(int argc, char** argv) {
  return evidence::program(argc, argv, "The judges of images: real images, noise, a class that is missing",
                           measure_all);
}
