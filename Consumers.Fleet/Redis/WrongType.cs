using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>Keys of ours that somebody else has written as something else. They are renamed, never deleted: nobody knows whose they are.</summary>
internal static class WrongType
{
    /// <summary>Answers the key, what it was, and its new name, for each that was moved.</summary>
    public static readonly RedisScript Mend = new("""
        local moved = {}
        local time = redis.call('TIME')
        for i, key in ipairs(KEYS) do
          local is = redis.call('TYPE', key).ok
          if is ~= 'none' then
            local wrong = is ~= ARGV[i] and not (is == 'string' and ARGV[i] == 'integer')
            if is == 'string' and ARGV[i] == 'integer' then
              local value = redis.call('GET', key)
              wrong = #value > 18 or not string.match(value, '^%-?%d+$')
              is = 'string that is no number'
            end
            if wrong then
              local to = key .. ':wrong-type:' .. time[1] .. '.' .. time[2] .. '.' .. i
              redis.call('RENAME', key, to)
              moved[#moved + 1] = key
              moved[#moved + 1] = is
              moved[#moved + 1] = to
            end
          end
        end
        return moved
        """);

    /// <summary>Moves its one key, whatever it holds.</summary>
    public static readonly RedisScript SetAside = new("""
        local time = redis.call('TIME')
        local to = KEYS[1] .. ':wrong-type:' .. time[1] .. '.' .. time[2]
        if redis.call('EXISTS', KEYS[1]) == 0 then
          return {}
        end
        redis.call('RENAME', KEYS[1], to)
        return {KEYS[1], 'value that is no guarded task', to}
        """);

    public static bool IsMeant(RedisServerException exception) =>
        exception.Message.Contains("WRONGTYPE", StringComparison.Ordinal)
        || exception.Message.Contains("is not an integer", StringComparison.Ordinal)
        || exception.Message.Contains("would overflow", StringComparison.Ordinal)
        || exception.Message.Contains("not a valid float", StringComparison.Ordinal);
}
