using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Consumers.Host.Security;

/// <summary>Who is signed in. The cookie is an opaque random id; here lies only its hash, and signing out removes it.</summary>
internal sealed class Sessions(TimeProvider time)
{
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(8);

    /// <summary>Only who has the key gets a session, so this bounds memory, not strangers.</summary>
    private const int Most = 10_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);

    public string Open()
    {
        var now = time.GetUtcNow();
        foreach (var (id, end) in _ends)
        {
            if (end <= now || _ends.Count >= Most)
            {
                _ends.TryRemove(id, out _);
            }
        }
        var session = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        _ends[Hash(session)] = now + Lifetime;
        return session;
    }

    public bool IsOpen(string? session) =>
        session is { Length: > 0 and < 128 } && _ends.TryGetValue(Hash(session), out var end) && time.GetUtcNow() < end;

    public void Close(string? session)
    {
        if (session is { Length: > 0 and < 128 })
        {
            _ends.TryRemove(Hash(session), out _);
        }
    }

    private static string Hash(string session) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(session)));
}
