// Whether a judge that a file has kept is the one that was trained, and judges no other data.
#include <filesystem>
#include <iostream>
#include <limits>
#include <string>

#include <saddle/run/checkpoint.hpp>

#include "judge.hpp"

namespace {

using namespace evidence;

int failures = 0;
void expect(bool holds, std::string const& what) {
  if (!holds) std::cout << "not so: " << what << "\n", ++failures;
}

}  // namespace

int main(int, char** argv) {
  std::filesystem::path const folder = argv[1];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  image_set const digits = digits_images();
  expect(digits.train.count == 899 && digits.test.count == 898, "two halves");
  saddle::samples const some = part(digits.test, 0, 300);
  expect(some.count == 300 && some.labels.size() == 300, "a part");

  judge const trained(digits, 2, folder), kept(digits, 1, folder), without_a_file(digits, 1);
  std::cout << trained.in_words() << "\n";
  expect(trained.accuracy() > 0.95, "tells digits");
  expect(std::filesystem::exists(folder / "judge_digits.classifier"), "a file");
  for (judge const* other : {&kept, &without_a_file})
    expect(other->distance(some) == trained.distance(some) && other->score(some) == trained.score(some) &&
               other->accuracy() == trained.accuracy(),
           "the same judge, to the bit");
  expect(kept.seconds() == trained.seconds(), "the seconds of the training, not of the reading");

  expect(trained.distance(digits.test) < 1e-3, "no distance from what it compares with");
  expect(trained.distance(some, some) < 1e-3, "nor from other images of one's own");
  saddle::samples black = some;
  for (float& v : black.values) v = 0;
  expect(trained.distance(black) > 10 * trained.distance(some) && trained.score(black) < 1.01, "black images");
  expect(trained.score(some) > 7.5, "the score of real images");
  for (float& v : black.values) v = std::numeric_limits<float>::quiet_NaN();
  expect(trained.distance(black) == std::numeric_limits<double>::infinity() && trained.score(black) == 1, "no numbers");

  image_set other = digits;
  other.train.values[5] += 1;
  try {
    judge const refused(other, 1, folder);
    expect(false, "a judge of other data is refused");
  } catch (saddle::bad_checkpoint const& e) {
    expect(std::string(e.what()).find("it is not the judge of digits, ") != std::string::npos, e.what());
  }
  return failures == 0 ? 0 : 1;
}
