// Runs a memory-bound op on the emulated device and prints, as a JSON object, how many launches it took and what they moved
// together: {"launches": …, "buffers": {"x": {"bytes": …, "requested": …, "sectors": …, "fetched": …, "written": …}, …}}, with
// "others" for what the op keeps for itself.
//
//   op_traffic OP cache     cache in bytes
#define CONVOLT_BACKEND emu
#include "backend.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "device/device.cuh"
#include "device/traffic.h"
#include "half.h"

namespace {

using namespace convolt;

struct EmulatedContext final : Context {
  void* scratch(size_t bytes) override { return ::emu::allocate(bytes); }
};

// The tensors of a case, by name.
class Tensors {
 public:
  // Numbers around 1, or small whole ones.
  Buf make(const char* name, int64_t numel, DType dtype) {
    const size_t bytes = size_t(numel) * bytes_of(dtype);
    void* data = ::emu::allocate(bytes);
    for (int64_t i = 0; i < numel; i++) {
      const float value = 0.5f + float(i % 61) / 61;
      if (dtype == DType::f32) static_cast<float*>(data)[i] = value;
      else if (dtype == DType::bf16) static_cast<bf16*>(data)[i] = narrow<bf16>(value);
      else if (dtype == DType::i32) static_cast<int32_t*>(data)[i] = int32_t(i % 9 + 2);
      else static_cast<uint8_t*>(data)[i] = uint8_t(i % 4);
    }
    ::emu::note_host_access(data, bytes, true);
    all_.push_back({name, {data, numel, dtype}});
    return all_.back().second;
  }

  const std::vector<std::pair<std::string, Buf>>& all() const { return all_; }

 private:
  std::vector<std::pair<std::string, Buf>> all_;
};

constexpr DType half = DType::bf16, wide = DType::f32;
constexpr int images = 4, side = 28, channels = 64, rows = images * side * side, halved = side / 2;
constexpr int64_t numel = int64_t(rows) * channels, pooled = int64_t(images) * halved * halved * channels;
constexpr int classes = 1000, examples = 64;
constexpr int parameters = 100'000;

constexpr NormParams norm(int relu) { return {.rows = rows, .c = channels, .training = 1, .relu = relu, .momentum = 0.1f, .eps = 1e-5f}; }

// Windows of 3 x 3 in steps of 2.
constexpr PoolParams pool() {
  PoolParams p{};
  p.n = images, p.d = 1, p.h = side, p.w = side, p.c = channels;
  p.t = 1, p.r = 3, p.s = 3, p.z = 1, p.p = halved, p.q = halved;
  p.strideD = 1, p.strideH = 2, p.strideW = 2, p.padH = 1, p.padW = 1, p.dilationD = 1, p.dilationH = 1, p.dilationW = 1;
  return p;
}

constexpr CrossEntropyParams over_classes() {
  CrossEntropyParams p{};
  p.rows = examples, p.classes = classes;
  return p;
}

using Run = std::function<void(Context&, Tensors&)>;

// A step of an optimiser, with the copy in 16 bits. State has a number for each parameter, but for muProduct, which is one, and
// layer, of which there is one; nullptr is state that is absent.
template <class Params>
Run optimizer(void (*step)(Context&, Bufs, Bufs, const Params&), std::vector<const char*> state, Params p) {
  return [=](Context& ctx, Tensors& t) {
    std::vector<Buf> in = {t.make("param", parameters, wide), t.make("grad", parameters, wide)};
    for (const char* name : state) {
      const std::string_view is = name ? name : "";
      in.push_back(is == "" ? Buf() : is == "muProduct" ? t.make(name, 1, wide) : is == "layer" ? t.make(name, 2, DType::i32) : t.make(name, parameters, wide));
    }
    for (const Buf& last : {t.make("lr", 1, wide), t.make("step", 1, DType::i32), t.make("half", parameters, half)}) in.push_back(last);
    step(ctx, in, {}, p);
  };
}

const std::map<std::string, Run> cases = {
    {"unary_forward", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("x", numel, half)}, out[] = {t.make("y", numel, half)};
       convolt::emu::unary_forward(ctx, in, out, UnaryParams{});
     }},
    {"unary_grad", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("saved", numel, half), t.make("dy", numel, half)}, out[] = {t.make("dx", numel, half)};
       convolt::emu::unary_grad(ctx, in, out, UnaryParams{});
     }},
    {"batch_norm_train", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("x", numel, half), t.make("residual", numel, half), t.make("weight", channels, wide), t.make("bias", channels, wide),
                         t.make("runningMean", channels, wide), t.make("runningVar", channels, wide)};
       const Buf out[] = {t.make("y", numel, half), t.make("mean", channels, wide), t.make("invstd", channels, wide)};
       convolt::emu::batch_norm_train(ctx, in, out, norm(1));
     }},
    {"batch_norm_grad", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("x", numel, half), t.make("dy", numel, half), t.make("weight", channels, wide), t.make("bias", channels, wide),
                         t.make("mean", channels, wide), t.make("invstd", channels, wide)};
       const Buf out[] = {t.make("dx", numel, half), t.make("dweight", channels, wide), t.make("dbias", channels, wide)};
       convolt::emu::batch_norm_grad(ctx, in, out, norm(1));
     }},
    {"batch_norm_add_relu_grad", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("x", numel, half), t.make("y", numel, half), t.make("dy", numel, half), t.make("weight", channels, wide),
                         t.make("mean", channels, wide), t.make("invstd", channels, wide)};
       const Buf out[] = {t.make("dx", numel, half), t.make("dresidual", numel, half), t.make("dweight", channels, wide), t.make("dbias", channels, wide)};
       convolt::emu::batch_norm_add_relu_grad(ctx, in, out, norm(1));
     }},
    {"max_pool_forward", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("x", numel, half)}, out[] = {t.make("y", pooled, half), t.make("index", pooled, DType::u8)};
       convolt::emu::max_pool_forward(ctx, in, out, pool());
     }},
    {"max_pool_grad", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("dy", pooled, half), t.make("index", pooled, DType::u8)}, out[] = {t.make("dx", numel, half)};
       convolt::emu::max_pool_grad(ctx, in, out, pool());
     }},
    {"avg_pool_forward", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("x", numel, half)}, out[] = {t.make("y", pooled, half)};
       convolt::emu::avg_pool_forward(ctx, in, out, pool());
     }},
    {"avg_pool_grad", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("dy", pooled, half)}, out[] = {t.make("dx", numel, half)};
       convolt::emu::avg_pool_grad(ctx, in, out, pool());
     }},
    {"cross_entropy_forward", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("logits", int64_t(examples) * classes, wide), t.make("target", examples, DType::i32), {}};
       const Buf out[] = {t.make("loss", examples, wide), t.make("logSumExp", examples, wide), t.make("total", examples, wide), t.make("share", examples, wide)};
       convolt::emu::cross_entropy_forward(ctx, in, out, over_classes());
     }},
    {"cross_entropy_grad", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("logits", int64_t(examples) * classes, wide), t.make("target", examples, DType::i32), {},
                         t.make("logSumExp", examples, wide), t.make("total", examples, wide), t.make("dloss", examples, wide)};
       const Buf out[] = {t.make("dlogits", int64_t(examples) * classes, wide)};
       convolt::emu::cross_entropy_grad(ctx, in, out, over_classes());
     }},
    {"softmax_forward", [](Context& ctx, Tensors& t) {
       const Buf in[] = {t.make("x", int64_t(examples) * classes, half)}, out[] = {t.make("y", int64_t(examples) * classes, half)};
       convolt::emu::softmax_forward(ctx, in, out, SoftmaxParams{.outer = examples, .size = classes, .inner = 1});
     }},
    {"sgd", optimizer(convolt::emu::sgd, {"velocity"}, {.momentum = 0.9f, .dampening = 0, .weightDecay = 1e-4f, .nesterov = 0, .direction = 1})},
    {"adam", optimizer(convolt::emu::adam, {"m", "v", nullptr}, {.beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weightDecay = 0, .decoupled = 0, .direction = 1})},
    {"adam, amsgrad", optimizer(convolt::emu::adam, {"m", "v", "vmax"}, {.beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weightDecay = 0, .decoupled = 1, .direction = 1})},
    {"adamax", optimizer(convolt::emu::adamax, {"m", "largest"}, {.beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weightDecay = 0, .direction = 1})},
    {"nadam", optimizer(convolt::emu::nadam, {"m", "v", "muProduct"},
                        {.beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weightDecay = 0, .momentumDecay = 4e-3f, .repeatMu = 0, .direction = 1})},
    {"radam", optimizer(convolt::emu::radam, {"m", "v"}, {.beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weightDecay = 0, .direction = 1})},
    {"rmsprop", optimizer(convolt::emu::rmsprop, {"square", "mean", "velocity"},
                          {.alpha = 0.99f, .eps = 1e-8f, .weightDecay = 0, .momentum = 0.9f, .direction = 1})},
    {"adagrad", optimizer(convolt::emu::adagrad, {"sum"}, {.lrDecay = 0, .eps = 1e-10f, .weightDecay = 0, .direction = 1})},
    {"adadelta", optimizer(convolt::emu::adadelta, {"square", "change"}, {.rho = 0.9f, .eps = 1e-6f, .weightDecay = 0, .direction = 1})},
    {"asgd", optimizer(convolt::emu::asgd, {"average"}, {.lambda = 1e-4f, .alpha = 0.75f, .averageFrom = 1e6f, .weightDecay = 0, .direction = 1})},
    {"rprop", optimizer(convolt::emu::rprop, {"previous", "size"}, {.etaMinus = 0.5f, .etaPlus = 1.2f, .least = 1e-6f, .most = 50, .direction = 1})},
    {"lion", optimizer(convolt::emu::lion, {"m"}, {.beta1 = 0.9f, .beta2 = 0.99f, .weightDecay = 0, .direction = 1})},
    {"lars", optimizer(convolt::emu::lars, {"velocity", "layer"},
                       {.n = parameters, .count = 1, .momentum = 0.9f, .trust = 1e-3f, .eps = 1e-9f, .weightDecay = 0, .direction = 1})},
    {"lamb", optimizer(convolt::emu::lamb, {"m", "v", "layer"},
                       {.n = parameters, .count = 1, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-6f, .weightDecay = 0, .direction = 1})},
};

void add(::emu::BufferTraffic& sum, const ::emu::BufferTraffic& part) {
  sum.requested += part.requested;
  sum.sectors += part.sectors;
  sum.fetched += part.fetched;
  sum.written += part.written;
}

void print(const char* name, size_t bytes, const ::emu::BufferTraffic& moved) {
  std::printf("\"%s\":{\"bytes\":%zu,\"requested\":%zu,\"sectors\":%zu,\"fetched\":%zu,\"written\":%zu}", name, bytes, moved.requested, moved.sectors,
              moved.fetched, moved.written);
}

}  // namespace

int main(int, char** arguments) {
  EmulatedContext context;
  Tensors tensors;
  ::emu::measure_traffic(size_t(std::atoll(arguments[2])));
  cases.at(arguments[1])(context, tensors);

  std::map<const void*, ::emu::BufferTraffic> moved;
  const std::vector<::emu::LaunchTraffic> launches = ::emu::take_traffic();
  for (const ::emu::LaunchTraffic& launch : launches)
    for (const auto& [data, buffer] : launch.buffers) add(moved[data], buffer);
  std::printf("{\"launches\":%zu,\"buffers\":{", launches.size());
  for (const auto& [name, buf] : tensors.all()) {
    print(name.c_str(), size_t(buf.numel) * bytes_of(buf.dtype), moved[buf.data]);
    std::printf(",");
    moved.erase(buf.data);
  }
  ::emu::BufferTraffic others;
  for (const auto& [data, buffer] : moved) add(others, buffer);
  print("others", 0, others);
  std::printf("}}\n");
}
