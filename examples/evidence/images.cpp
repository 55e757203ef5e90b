#include "images.hpp"

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

#include <saddle/data/cifar.hpp>
#include <saddle/data/digits.hpp>
#include <saddle/data/idx.hpp>
#include <saddle/problem/gan_batch.hpp>

namespace evidence {
namespace {

std::string folder_in(char const* variable) {
  char const* const folder = std::getenv(variable);
  if (folder == nullptr) throw std::runtime_error(std::string(variable) + " names no folder");
  return folder;
}

}  // namespace

bool has_mnist() { return std::getenv("SADDLE_MNIST") != nullptr; }
bool has_cifar() { return std::getenv("SADDLE_CIFAR") != nullptr; }

image_set digits_images() {
  return halves_of("digits", saddle::read_digits(SADDLE_SOURCE_DIR "/examples/data/digits.csv.gz"));
}
image_set mnist_images() {
  std::string const folder = folder_in("SADDLE_MNIST");
  return {"MNIST", saddle::read_idx_folder(folder, "train"), saddle::read_idx_folder(folder, "t10k")};
}
image_set cifar_images() {
  std::string const folder = folder_in("SADDLE_CIFAR") + "/";
  if (!std::filesystem::exists(folder + "test_batch.bin"))
    return {"CIFAR-10", saddle::read_cifar(folder + "jpeg_train.20000.bin.gz"),
            saddle::read_cifar(folder + "jpeg_test.5000.bin.gz")};
  image_set all{"CIFAR-10", saddle::read_cifar(folder + "data_batch_1.bin"),
                saddle::read_cifar(folder + "test_batch.bin")};
  for (char const* const number : {"2", "3", "4", "5"}) {
    saddle::samples const more = saddle::read_cifar(folder + "data_batch_" + number + ".bin");
    all.train.count += more.count;
    all.train.values.insert(all.train.values.end(), more.values.begin(), more.values.end());
    all.train.labels.insert(all.train.labels.end(), more.labels.begin(), more.labels.end());
  }
  return all;
}

image_set halves_of(std::string name, saddle::samples const& all) {
  std::vector<int> const order = saddle::order_of_data(all.count);  // files may be in the order of their classes
  auto const [first, half] = saddle::part_of(all.count, 2, 1);
  std::span const of_order(order);
  return {std::move(name), picked(all, of_order.first(static_cast<std::size_t>(all.count - half))),
          picked(all, of_order.last(static_cast<std::size_t>(half)))};
}
saddle::samples picked(saddle::samples const& all, std::span<int const> which) {
  saddle::samples out{.count = static_cast<int>(which.size()), .shape = all.shape, .bounds = all.bounds};
  for (int const i : which) {
    out.values.insert(out.values.end(), all[i].begin(), all[i].end());
    if (!all.labels.empty()) out.labels.push_back(all.labels[static_cast<std::size_t>(i)]);
  }
  return out;
}
saddle::samples part(saddle::samples const& all, int first, int count) {
  std::vector<int> which(static_cast<std::size_t>(count));
  std::iota(which.begin(), which.end(), first);
  return picked(all, which);
}

}  // namespace evidence
