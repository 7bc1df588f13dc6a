#include "onednn.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <oneapi/dnnl/dnnl.hpp>
#include <stdexcept>
#include <string_view>
#include <unordered_map>

#include "packed_weights.h"

namespace convolt {

std::string onednn_version() {
  const dnnl::version_t* v = dnnl::version();
  std::string isa;
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::avx2: isa = "avx2"; break;
    case dnnl::cpu_isa::avx2_vnni: isa = "avx2_vnni"; break;
    case dnnl::cpu_isa::avx512_core: isa = "avx512_core"; break;
    case dnnl::cpu_isa::avx512_core_vnni: isa = "avx512_core_vnni"; break;
    case dnnl::cpu_isa::avx512_core_bf16: isa = "avx512_core_bf16"; break;
    case dnnl::cpu_isa::avx512_core_amx: isa = "avx512_core_amx"; break;
    default: isa = "generic"; break;
  }
  return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch) + ", " + isa;
}

namespace cpu {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;
using Dims = memory::dims;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// One stream, and so one set of cached primitives, for each device thread.
dnnl::stream& stream() {
  static thread_local dnnl::stream s(engine());
  return s;
}

// A convolution in oneDNN's terms. Two spatial dimensions where the third is 1.
struct Geometry {
  Dims x, w, y, stride, dilation, pad_before, pad_after;
  Tag activation_tag, weight_tag;

  explicit Geometry(const ConvParams& p) {
    const bool spatial3 = p.d != 1 || p.t != 1 || p.z != 1 || p.padD != 0;
    auto axis = [&](int size, int taps, int out, int s, int pad, int dilate) {
      x.push_back(size), w.push_back(taps), y.push_back(out), stride.push_back(s), dilation.push_back(dilate - 1), pad_before.push_back(pad);
      pad_after.push_back((out - 1) * s + (taps - 1) * dilate + 1 - size - pad);
    };
    x = {p.n, p.c};
    y = {p.n, p.k};
    if (p.groups == 1) w = {p.k, p.c};
    else w = {p.groups, p.k / p.groups, p.c / p.groups};
    if (spatial3) axis(p.d, p.t, p.z, p.strideD, p.padD, p.dilationD);
    axis(p.h, p.r, p.p, p.strideH, p.padH, p.dilationH);
    axis(p.w, p.s, p.q, p.strideW, p.padW, p.dilationW);
    activation_tag = spatial3 ? Tag::ndhwc : Tag::nhwc;
    if (p.groups == 1) weight_tag = spatial3 ? Tag::odhwi : Tag::ohwi;
    else if (p.groups == p.c) weight_tag = spatial3 ? Tag::goidhw : Tag::goihw;  // the same, with one channel; quicker to reorder
    else weight_tag = spatial3 ? Tag::godhwi : Tag::gohwi;
  }
};

using Type = memory::data_type;
template <class T>
constexpr Type type_of = Type::f32;
template <>
constexpr Type type_of<bf16> = Type::bf16;

// Whether the processor multiplies bf16: each instruction set's number has the bits of those that it contains. oneDNN can do
// without, but slower than in float.
bool has_bf16() {
  constexpr auto wanted = unsigned(dnnl::cpu_isa::avx512_core_bf16);
  return (unsigned(dnnl::get_effective_cpu_isa()) & wanted) == wanted;
}

// Does an axis have padding in front, and elements at its end that no window reaches? oneDNN 2.6.3 then reads and writes beyond
// its buffers in bf16.
bool ends_within(const ConvParams& p) {
  const auto does = [](int size, int taps, int out, int stride, int pad, int dilation) {
    return pad > 0 && (out - 1) * stride + (taps - 1) * dilation + 1 < size + pad;
  };
  return does(p.d, p.t, p.z, p.strideD, p.padD, p.dilationD) || does(p.h, p.r, p.p, p.strideH, p.padH, p.dilationH) ||
         does(p.w, p.s, p.q, p.strideW, p.padW, p.dilationW);
}

// A tensor of a primitive: the caller's memory in the plain layout, and the primitive's own, with a copy in scratch
// memory between them where they differ.
class Argument {
 public:
  Argument() = default;
  Argument(const memory::desc& plain, const memory::desc& own, bool is_result)
      : plain_(plain, engine(), nullptr), own_(own, engine(), nullptr), same_(plain == own), is_result_(is_result) {
    if (same_) return;
    reorder_ = is_result ? dnnl::reorder(own_, plain_) : dnnl::reorder(plain_, own_);
    layout_.assign(reinterpret_cast<const char*>(&own.data), sizeof own.data);
  }

  // Gives the primitive's memory, filled if it is an input.
  const memory& before(Context& ctx, void* data) {
    plain_.set_data_handle(data);
    own_.set_data_handle(same_ ? data : ctx.scratch(own_.get_desc().get_size()));
    if (!same_ && !is_result_) reorder_.execute(stream(), plain_, own_);
    return own_;
  }

  // The same for weights that may come again as they are.
  const memory& before_kept(Context& ctx, void* data) {
    if (same_) return before(ctx, data);
    const PackedPlace place = packed_place(data, plain_.get_desc().get_size(), layout_, own_.get_desc().get_size());
    if (!place.data) return before(ctx, data);
    plain_.set_data_handle(data);
    own_.set_data_handle(place.data);
    if (!place.is_filled) reorder_.execute(stream(), plain_, own_);
    return own_;
  }
  void after() {
    if (!same_ && is_result_) reorder_.execute(stream(), own_, plain_);
  }

 private:
  memory plain_, own_;
  dnnl::reorder reorder_;
  std::string layout_;  // of own_, in bytes
  bool same_ = true, is_result_ = false;
};

// A pass for one parameter set.
class Convolution {
 public:
  Convolution(const ConvParams& p, ConvPass pass, Type type, bool with_bias, bool with_residual) : pass_(pass) {
    const Geometry g(p);
    const auto desc = [type](const Dims& dims, Tag tag) { return memory::desc(dims, type, tag); };
    const memory::desc plain_x = desc(g.x, g.activation_tag), plain_y = desc(g.y, g.activation_tag), plain_w = desc(g.w, g.weight_tag);
    // Activations stay channels-last, except where oneDNN's weight gradient of one group is eight times slower for it
    // (6 -> 16 channels, 5 x 5): its loops over 16 channels would run nearly empty.
    const bool own_layout = pass == ConvPass::weight_grad && p.groups == 1 && std::min(p.c, p.k) < 16;
    const memory::desc x = own_layout ? desc(g.x, Tag::any) : plain_x, y = own_layout ? desc(g.y, Tag::any) : plain_y, w = desc(g.w, Tag::any);
    const memory::desc bias = with_bias ? desc({p.k}, Tag::x) : memory::desc();
    const auto algorithm = dnnl::algorithm::convolution_direct;
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);  // the library's own crashes on all threads but one
    if (pass == ConvPass::forward) attr.set_post_ops(behind(p, with_residual, plain_y));

    const dnnl::convolution_forward::desc forward_desc(dnnl::prop_kind::forward_training, algorithm, x, w, bias, y, g.stride, g.dilation,
                                                       g.pad_before, g.pad_after);
    const dnnl::convolution_forward::primitive_desc forward(forward_desc, attr, engine());
    if (pass == ConvPass::forward) {
      primitive_ = dnnl::convolution_forward(forward);
      x_ = {plain_x, forward.src_desc(), false};
      w_ = {plain_w, forward.weights_desc(), false};
      y_ = {plain_y, forward.dst_desc(), true};
      scratchpad_ = memory(forward.scratchpad_desc(), engine(), nullptr);
    } else if (pass == ConvPass::input_grad) {
      const dnnl::convolution_backward_data::desc pass_desc(algorithm, x, w, y, g.stride, g.dilation, g.pad_before, g.pad_after);
      const dnnl::convolution_backward_data::primitive_desc backward(pass_desc, attr, engine(), forward);
      primitive_ = dnnl::convolution_backward_data(backward);
      x_ = {plain_x, backward.diff_src_desc(), true};
      w_ = {plain_w, backward.weights_desc(), false};
      y_ = {plain_y, backward.diff_dst_desc(), false};
      scratchpad_ = memory(backward.scratchpad_desc(), engine(), nullptr);
    } else {
      const dnnl::convolution_backward_weights::desc pass_desc(algorithm, x, w, y, g.stride, g.dilation, g.pad_before, g.pad_after);
      const dnnl::convolution_backward_weights::primitive_desc backward(pass_desc, attr, engine(), forward);
      primitive_ = dnnl::convolution_backward_weights(backward);
      x_ = {plain_x, backward.src_desc(), false};
      w_ = {plain_w, backward.diff_weights_desc(), true};
      y_ = {plain_y, backward.diff_dst_desc(), false};
      scratchpad_ = memory(backward.scratchpad_desc(), engine(), nullptr);
    }
    if (with_bias) bias_ = memory(bias, engine(), nullptr);
    if (with_residual) residual_ = memory(plain_y, engine(), nullptr);
  }

  template <class T>
  void run(Context& ctx, const ConvTensors<T>& tensors) {
    scratchpad_.set_data_handle(ctx.scratch(scratchpad_.get_desc().get_size() + 1));
    const bool forward = pass_ == ConvPass::forward;
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SCRATCHPAD, scratchpad_},
        {pass_ == ConvPass::input_grad ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, x_.before(ctx, tensors.x)},
        {pass_ == ConvPass::weight_grad ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, forward ? w_.before_kept(ctx, tensors.w) : w_.before(ctx, tensors.w)},
        {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, y_.before(ctx, tensors.y)}};
    if (tensors.bias) {
      bias_.set_data_handle(const_cast<T*>(tensors.bias));
      arguments.insert({DNNL_ARG_BIAS, bias_});
    }
    if (tensors.residual) {
      residual_.set_data_handle(const_cast<T*>(tensors.residual));
      arguments.insert({DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1, residual_});
    }
    primitive_.execute(stream(), arguments);
    for (Argument* argument : {&x_, &w_, &y_}) argument->after();
    stream().wait();
  }

 private:
  // What is done to the sums: the residual comes first.
  static dnnl::post_ops behind(const ConvParams& p, bool with_residual, const memory::desc& y) {
    dnnl::post_ops ops;
    if (with_residual) ops.append_binary(dnnl::algorithm::binary_add, y);
    switch (ConvActivation(p.activation)) {
      case ConvActivation::none: break;
      case ConvActivation::relu: ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_relu, 0.0f, 0.0f); break;
      case ConvActivation::relu6: ops.append_eltwise(1.0f, dnnl::algorithm::eltwise_clip, 0.0f, 6.0f); break;
    }
    return ops;
  }

  ConvPass pass_;
  dnnl::primitive primitive_;
  Argument x_, w_, y_;
  memory bias_, residual_, scratchpad_;
};

// A matrix product y [m,n] = op(a) op(b) + bias in bf16.
class Product {
 public:
  Product(const MatmulParams& p, bool with_bias) {
    const auto matrix = [](int rows, int columns, bool transposed) {
      return memory::desc({rows, columns}, Type::bf16, transposed ? Tag::ba : Tag::ab);
    };
    const memory::desc a = matrix(p.m, p.k, p.transposeA), b = matrix(p.k, p.n, p.transposeB), y = matrix(p.m, p.n, false);
    const memory::desc bias = with_bias ? memory::desc({1, p.n}, Type::bf16, Tag::ab) : memory::desc();
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const dnnl::matmul::primitive_desc made({a, memory::desc({p.k, p.n}, Type::bf16, Tag::any), bias, y}, attr, engine());
    primitive_ = dnnl::matmul(made);
    b_ = {b, made.weights_desc(), false};
    a_ = memory(a, engine(), nullptr), y_ = memory(y, engine(), nullptr), scratchpad_ = memory(made.scratchpad_desc(), engine(), nullptr);
    if (with_bias) bias_ = memory(bias, engine(), nullptr);
  }

  void run(Context& ctx, const bf16* a, const bf16* b, const bf16* bias, bf16* y) {
    a_.set_data_handle(const_cast<bf16*>(a)), y_.set_data_handle(y);
    scratchpad_.set_data_handle(ctx.scratch(scratchpad_.get_desc().get_size() + 1));
    std::unordered_map<int, memory> arguments{
        {DNNL_ARG_SCRATCHPAD, scratchpad_}, {DNNL_ARG_SRC, a_}, {DNNL_ARG_WEIGHTS, b_.before_kept(ctx, const_cast<bf16*>(b))}, {DNNL_ARG_DST, y_}};
    if (bias) {
      bias_.set_data_handle(const_cast<bf16*>(bias));
      arguments.insert({DNNL_ARG_BIAS, bias_});
    }
    primitive_.execute(stream(), arguments);
    stream().wait();
  }

 private:
  dnnl::primitive primitive_;
  Argument b_;
  memory a_, bias_, y_, scratchpad_;
};

// What was made of parameters, by their bytes and whatever else decides it. nullptr: oneDNN does not take them. The cache is
// emptied when it is full, which a program with that many shapes in turn would not feel.
template <class Primitive, class Params, class... More>
Primitive* cached(const Params& p, More... more) {
  constexpr size_t most = 1024;
  static thread_local std::unordered_map<std::string, std::unique_ptr<Primitive>> cache;
  std::string key(reinterpret_cast<const char*>(&p), sizeof p);
  key += {char(more)...};
  if (auto found = cache.find(key); found != cache.end()) return found->second.get();
  if (cache.size() >= most) cache.clear();
  std::unique_ptr<Primitive> made;
  try {
    made = std::make_unique<Primitive>(p, more...);
  } catch (const dnnl::error& e) {
    if (e.status != dnnl_unimplemented && e.status != dnnl_invalid_arguments) throw;
  }
  return (cache[key] = std::move(made)).get();
}

}  // namespace

template <class T>
bool onednn_convolution(Context& ctx, ConvPass pass, const ConvParams& p, const ConvTensors<T>& tensors) {
  if (type_of<T> == Type::bf16 && (!has_bf16() || ends_within(p))) return false;
  auto* convolution = cached<Convolution>(p, pass, type_of<T>, tensors.bias != nullptr, tensors.residual != nullptr);
  if (convolution) convolution->run(ctx, tensors);
  return convolution != nullptr;
}
template bool onednn_convolution(Context&, ConvPass, const ConvParams&, const ConvTensors<float>&);
template bool onednn_convolution(Context&, ConvPass, const ConvParams&, const ConvTensors<bf16>&);

void onednn_matmul(const MatmulParams& p, const float* a, const float* b, float beta, float* y) {
  const dnnl_status_t status = dnnl_sgemm(p.transposeA ? 'T' : 'N', p.transposeB ? 'T' : 'N', p.m, p.n, p.k, 1.0f, a,
                                          p.transposeA ? p.m : p.k, b, p.transposeB ? p.k : p.n, beta, y, p.n);
  if (status != dnnl_success) throw std::runtime_error("internal: dnnl_sgemm failed");
}

bool onednn_matmul_bf16(Context& ctx, const MatmulParams& p, const bf16* a, const bf16* b, const bf16* bias, bf16* y) {
  if (!has_bf16()) return false;
  auto* product = cached<Product>(p, bias != nullptr);
  if (product) product->run(ctx, a, b, bias, y);
  return product != nullptr;
}

}  // namespace cpu
}  // namespace convolt
