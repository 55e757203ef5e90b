#include "saddle/problem/torch_state.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include "modules.hpp"

#include <doctest/doctest.h>  // after torch, whose logging has a CHECK of its own

namespace state_tests {

namespace {

c10::impl::GenericDict read(std::string const& file) {
  return torch::pickle_load(std::vector<char>(file.begin(), file.end())).toGenericDict();
}

}  // namespace

TEST_CASE("a state dict has the parameters and all buffers, copied") {
  image_generator g;
  (void)g.forward(torch::randn({4, image_generator::latent}));
  auto const state = saddle::torch_state_dict(g);
  std::vector<std::string> names;
  for (auto const& entry : state) names.push_back(entry.key());
  CHECK(names == std::vector<std::string>{"in.weight", "norm.weight", "norm.bias", "out.weight", "out.bias",
                                          "norm.running_mean", "norm.running_var", "norm.num_batches_tracked"});
  CHECK(state.at("norm.num_batches_tracked").item<std::int64_t>() == 1);
  auto const before = state.at("in.weight").clone();
  {
    torch::NoGradGuard const no_gradients;
    g.in->weight.zero_();
  }
  CHECK(state.at("in.weight").equal(before));
  CHECK(!state.at("in.weight").requires_grad());
}

TEST_CASE("a file of state dicts is read as it was") {
  image_generator const g;
  auto const state = saddle::torch_state_dict(g);
  c10::impl::GenericDict all(c10::StringType::get(), c10::AnyType::get());
  all.insert("generator", state);
  all.insert("latents", torch::arange(12).view({3, 4}).slice(0, 1, 3));
  all.insert("step", std::int64_t{7});
  std::string const file = saddle::torch_file(all);
  CHECK(file == saddle::torch_file(all));

  auto const got = read(file);
  CHECK(got.size() == 3);
  CHECK(got.at("step").toInt() == 7);
  CHECK(got.at("latents").toTensor().equal(torch::arange(4, 12).view({2, 4})));
  auto const generator = got.at("generator").toGenericDict();
  REQUIRE(generator.size() == state.size());
  for (auto const& entry : state) {
    auto const t = generator.at(entry.key()).toTensor();
    CHECK((t.scalar_type() == entry.value().scalar_type()));
    CHECK(t.equal(entry.value()));
  }
}

// With weights_only, torch.load calls nothing but what makes tensors and dicts. Names are not compressed in the file.
TEST_CASE("a file names no function that torch.load refuses") {
  std::string const file = saddle::torch_file(saddle::torch_state_dict(image_generator()));
  CHECK(file.find("ctorch._utils\n_rebuild_tensor_v2\n") != std::string::npos);
  CHECK(file.find("ctorch\nFloatStorage\n") != std::string::npos);
  CHECK(file.find("torch.jit") == std::string::npos);
}

}  // namespace state_tests
