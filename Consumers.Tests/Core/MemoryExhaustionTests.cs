using Consumers.Core;

namespace Consumers.Tests.Core;

public sealed class MemoryExhaustionTests
{
    [Theory]
    [InlineData(80, true)]
    [InlineData(100, true)]
    [InlineData(79, false)]
    [InlineData(0, false)]
    public void It_is_real_when_four_fifths_of_the_memory_are_heap(long heap, bool isReal) => MemoryExhaustion.IsReal(heap, 100).ShouldBe(isReal);

    [Fact]
    public void An_array_of_an_impossible_size_exhausts_nothing()
    {
        Should.Throw<OutOfMemoryException>(() => GC.KeepAlive(new long[int.MaxValue / 2, 1024]));

        MemoryExhaustion.IsReal().ShouldBeFalse();
    }
}
