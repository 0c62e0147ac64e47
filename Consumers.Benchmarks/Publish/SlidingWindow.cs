namespace Consumers.Benchmarks;

/// <summary>Keeps calls outstanding: the next begins when the oldest of a full window has ended. For one caller at a time.</summary>
internal sealed class SlidingWindow(int size)
{
    private readonly ValueTask[] _calls = new ValueTask[size];
    private int _next;

    public async ValueTask AddAsync(Func<ValueTask> call)
    {
        await Take();
        _calls[_next] = call();
        _next = (_next + 1) % size;
    }

    /// <summary>Returns when all have ended.</summary>
    public async ValueTask FlushAsync()
    {
        for (var i = 0; i < size; i++)
        {
            await Take();
            _next = (_next + 1) % size;
        }
    }

    // A ValueTask may be awaited once only.
    private ValueTask Take()
    {
        var oldest = _calls[_next];
        _calls[_next] = default;
        return oldest;
    }
}
