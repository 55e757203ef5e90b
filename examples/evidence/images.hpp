#pragma once
// The images that systems and judges are trained on, and those that nothing is trained on.
#include <span>
#include <string>

#include <saddle/core/samples.hpp>

namespace evidence {

struct image_set {
  std::string name;
  saddle::samples train, test = {};
};

/// Two halves of the digits.
image_set digits_images();
/// From the folders that SADDLE_MNIST and SADDLE_CIFAR name. CIFAR-10 is its six binary files there, or the smaller
/// jpeg_train.20000.bin.gz and jpeg_test.5000.bin.gz.
/// errors  std::runtime_error that names the variable or the file
image_set mnist_images();
image_set cifar_images();
bool has_mnist();
bool has_cifar();

/// Of labelled samples; the test half is as large or smaller by one.
image_set halves_of(std::string name, saddle::samples const& all);
/// Some of them, in this order.
saddle::samples picked(saddle::samples const& all, std::span<int const> which);
/// So many from `first` on.
saddle::samples part(saddle::samples const& all, int first, int count);

}  // namespace evidence
