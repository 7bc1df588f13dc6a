#define CONVOLT_BACKEND cpu
#include "backend_kernels.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>

#include "cpu/cast.h"
#include "cpu/products_bf16.h"
#include "cpu/packed_weights.h"
#include "host_backends.h"
#include "signature.h"

namespace convolt {
namespace {

enum OpNumber : int {
#define OP(name, inputs, outputs, Params) number_of_##name,
#include "ops.def"
#undef OP
};

void note_write(const Buf& buf) { cpu::note_write(buf.data, buf.numel * bytes_of(buf.dtype)); }

// What does an op's work on bfloat16 as it is, if it can; null: nothing does.
template <class Params, void (*op)(Context&, Bufs, Bufs, const Params&)>
constexpr bool (*in_bf16)(Context&, Bufs, Bufs, const Params&) = nullptr;
template <>
constexpr auto in_bf16<ConvParams, cpu::conv_forward> = cpu::conv_forward_bf16;
template <>
constexpr auto in_bf16<MatmulParams, cpu::matmul> = cpu::matmul_bf16;

// The CPU's loops are written for float32. A call with 16-bit buffers works on float32 copies of them.
template <class Params, void (*op)(Context&, Bufs, Bufs, const Params&), OpNumber number>
void widened(Context& ctx, Bufs in, Bufs out, const void* raw_params) {
  const Params& params = *static_cast<const Params*>(raw_params);
  const Signature& signature = signatures()[number];
  auto is_narrow = [](const BufferSpec& spec, const Buf& buf) {
    return spec.type == BufferSpec::Type::floating && buf.data && is_half(buf.dtype);
  };
  bool all_wide = true;
  for (size_t i = 0; i < in.size(); i++) {
    all_wide &= !is_narrow(signature.inputs[i], in[i]);
    if (signature.inputs[i].in_place) note_write(in[i]);
  }
  for (size_t i = 0; i < out.size(); i++) {
    all_wide &= !is_narrow(signature.outputs[i], out[i]);
    note_write(out[i]);
  }
  if (all_wide) return op(ctx, in, out, params);
  const auto as_they_are = in_bf16<Params, op>;
  if (as_they_are && as_they_are(ctx, in, out, params)) return;

  Buf wide_in[kMostInputs], wide_out[kMostOutputs];
  auto wide_copy = [&ctx](const Buf& buf) { return Buf{ctx.scratch_array<float>(buf.numel), buf.numel, DType::f32}; };
  for (size_t i = 0; i < in.size(); i++) {
    const bool narrow_input = is_narrow(signature.inputs[i], in[i]);
    wide_in[i] = narrow_input ? wide_copy(in[i]) : in[i];
    if (!narrow_input) continue;
    note_write(wide_in[i]);
    cpu::widen_all(in[i], wide_in[i].as<float>());
  }
  for (size_t i = 0; i < out.size(); i++) wide_out[i] = is_narrow(signature.outputs[i], out[i]) ? wide_copy(out[i]) : out[i];
  op(ctx, {wide_in, in.size()}, {wide_out, out.size()}, params);
  for (size_t i = 0; i < in.size(); i++)
    if (signature.inputs[i].in_place && is_narrow(signature.inputs[i], in[i])) cpu::narrow_all(wide_in[i].as<float>(), in[i]);
  for (size_t i = 0; i < out.size(); i++)
    if (is_narrow(signature.outputs[i], out[i])) cpu::narrow_all(wide_out[i].as<float>(), out[i]);
}

constexpr Kernel kernels[] = {
#define OP(name, inputs, outputs, Params) widened<Params, cpu::name, number_of_##name>,
#include "ops.def"
#undef OP
};

// Large blocks ask for huge pages: a pass over one is bound by memory, and each page of 4 kB costs a walk of the tables.
void* allocate(size_t bytes) {
  constexpr size_t huge = size_t(2) << 20;
  const size_t alignment = bytes < huge ? 256 : huge;
  void* block = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
#if defined(MADV_HUGEPAGE)
  if (block && alignment == huge) madvise(block, bytes, MADV_HUGEPAGE);
#endif
  return block;
}
void note_host_access(const void* block, size_t bytes, bool write) {
  if (write) cpu::note_write(block, bytes);
}

}  // namespace

const Kernel* const cpu_kernels = kernels;
const HostMemory cpu_memory = {allocate, std::free, note_host_access, cpu::drop_packed_weights, true};

}  // namespace convolt
