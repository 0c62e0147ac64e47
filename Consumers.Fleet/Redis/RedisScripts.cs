namespace Consumers.Fleet;

/// <summary>
/// What runs in Redis as one step. Each may be sent again after a lost answer without doing its work twice, and also after an error: a key of a wrong type is found
/// before anything is counted.
/// </summary>
internal static class RedisScripts
{
    public static readonly RedisScript Ping = new("return 1");

    /// <summary>
    /// Counts an attempt that ended. Keys: its marks, its status, busyMs, then what goes up by one. Arguments: its mark, who counts it, its status, the life of a status, the life of a mark,
    /// milliseconds, and the mark of the end of its series when this is not the end. Answers 1 when this caller counted it, now or when the answer was lost.
    /// </summary>
    public static readonly RedisScript Count = new($"{Counting}return count(1, 1)", "hash", "string", "integer");

    /// <summary>Sets a status unless the series has ended. Keys: marks, status. Arguments: the mark of the end, the status, its life.</summary>
    public static readonly RedisScript Tell = new($"{Telling}tell(1, 1) return 1", "hash", "string");

    /// <summary>Says that a task is queued unless anything is known of it. Key: status. Argument: its life.</summary>
    public static readonly RedisScript Queue = new(
        """
        if redis.call('STRLEN', KEYS[1]) == 0 then
          redis.call('SET', KEYS[1], 'QUEUED', 'PX', ARGV[1])
        end
        return 1
        """,
        "string");

    /// <summary>
    /// Takes or keeps a name, renews the lease, and raises counters that are behind. Keys: the instance, all instances, its run, its counters. Arguments: name, run, lease, a run that is known to be dead,
    /// what the lease says, for how long an instance stays listed, a floor for each counter or nothing, then the instance's fields. Answers "taken", the other's run, host, pid, machine and process start; or "ok" and the counters.
    /// </summary>
    public static readonly RedisScript Beat = new(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local run = redis.call('HGET', KEYS[1], 'run')
        local beat = redis.call('ZSCORE', KEYS[2], ARGV[1])
        redis.call('STRLEN', KEYS[3])
        if run and run ~= ARGV[2] and run ~= ARGV[4] and beat and now - beat < tonumber(ARGV[3]) and redis.call('HGET', KEYS[1], 'state') ~= 'stopped' then
          return {'taken', run, redis.call('HGET', KEYS[1], 'host') or '', redis.call('HGET', KEYS[1], 'pid') or '0', redis.call('HGET', KEYS[1], 'machine') or '', redis.call('HGET', KEYS[1], 'processStart') or '0', beat}
        end
        if run and run ~= ARGV[2] then
          redis.call('DEL', KEYS[1])
        end
        local answer = {'ok'}
        for i = 4, #KEYS do
          local value = redis.call('INCRBY', KEYS[i], 0)
          local floor = ARGV[3 + i]
          if floor ~= '' and value < tonumber(floor) then
            redis.call('SET', KEYS[i], floor)
            value = floor
          end
          answer[#answer + 1] = string.format('%.0f', value)
        end
        redis.call('HSET', KEYS[1], unpack(ARGV, 4 + #KEYS))
        redis.call('PEXPIRE', KEYS[1], ARGV[6])
        redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[1])
        redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - ARGV[6]))
        redis.call('SET', KEYS[3], ARGV[5], 'PX', ARGV[3] * 6)
        return answer
        """,
        "hash", "zset", "string", "integer");

    /// <summary>Marks an instance as stopped. Keys: the instance, its run. Arguments: run, for how long that is remembered, then fields.</summary>
    public static readonly RedisScript Stop = new(
        """
        redis.call('STRLEN', KEYS[2])
        if redis.call('HGET', KEYS[1], 'run') == ARGV[1] then
          redis.call('HSET', KEYS[1], unpack(ARGV, 3))
        end
        redis.call('SET', KEYS[2], 'stopped', 'PX', ARGV[2])
        return 1
        """,
        "hash", "string");

    /// <summary>Key: all instances. Argument: how far back. Answers the clock, then name, heartbeat and fields of each.</summary>
    public static readonly RedisScript List = new(
        """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local answer = {string.format('%.0f', now)}
        local found = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('%.0f', now - ARGV[1]), '+inf', 'WITHSCORES')
        for i = 1, #found, 2 do
          local fields = redis.pcall('HGETALL', 'fleet:instance:' .. found[i])
          if not fields.err then
            answer[#answer + 1] = {found[i], found[i + 1], unpack(fields)}
          end
        end
        return answer
        """,
        "zset");

    /// <summary>Key: all instances. Answers name and counters of each.</summary>
    public static readonly RedisScript Counts = new(
        """
        local answer = {}
        for _, name in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          local stats = 'stats:' .. name .. ':'
          local values = redis.call('MGET', stats .. 'processed', stats .. 'failed', stats .. 'retried', stats .. 'dead', stats .. 'duplicates', stats .. 'busyMs')
          answer[#answer + 1] = {name, unpack(values)}
        end
        return answer
        """,
        "zset");

    /// <summary>Key: a string. Answers it.</summary>
    public static readonly RedisScript Read = new("return {redis.call('GET', KEYS[1])}", "string");

    /// <summary>Replaces a guarded task. Key: its value. Arguments: what it should be, or nothing; what it becomes; its life. Answers 1, or 0 and what it is.</summary>
    public static readonly RedisScript Replace = new($"{Comparing}put() return {{1}}", "string");

    /// <summary>The same, and tells its status as <see cref="Tell"/> does, whose keys and arguments follow.</summary>
    public static readonly RedisScript ReplaceAndTell = new($"{Telling}{Comparing}tell(2, 4) put() return {{1}}", "string", "hash", "string");

    /// <summary>The same, and counts as <see cref="Count"/> does, whose keys and arguments follow. Answers 2 where that would answer 1.</summary>
    public static readonly RedisScript ReplaceAndCount = new($"{Counting}{Comparing}local counted = count(2, 4) put() return {{1 + counted}}", "string", "hash", "string", "integer");

    /// <summary>How to count: <c>k</c> and <c>a</c> are where its keys and arguments begin. A counter of a wrong type is found by raising it, and then those before it are lowered again.</summary>
    private const string Counting =
        """
        local function count(k, a)
          local by = redis.call('HGET', KEYS[k], ARGV[a])
          if by then
            return by == ARGV[a + 1] and 1 or 0
          end
          redis.call('STRLEN', KEYS[k + 1])
          for i = k + 2, #KEYS do
            local raised = redis.pcall('INCRBY', KEYS[i], i == k + 2 and ARGV[a + 5] or 1)
            if type(raised) == 'table' then
              for j = k + 2, i - 1 do
                redis.call('DECRBY', KEYS[j], j == k + 2 and ARGV[a + 5] or 1)
              end
              error(raised.err)
            end
          end
          redis.call('HSET', KEYS[k], ARGV[a], ARGV[a + 1])
          redis.call('PEXPIRE', KEYS[k], ARGV[a + 4])
          if ARGV[a + 6] == '' or redis.call('HEXISTS', KEYS[k], ARGV[a + 6]) == 0 then
            redis.call('SET', KEYS[k + 1], ARGV[a + 2], 'PX', ARGV[a + 3])
          end
          return 1
        end

        """;

    private const string Telling =
        """
        local function tell(k, a)
          redis.call('STRLEN', KEYS[k + 1])
          if redis.call('HEXISTS', KEYS[k], ARGV[a]) == 0 then
            redis.call('SET', KEYS[k + 1], ARGV[a + 1], 'PX', ARGV[a + 2])
          end
        end

        """;

    /// <summary>Ends the script unless the guard's value is what it should be. A new one is put at once, another only after the rest has read what it will write.</summary>
    private const string Comparing =
        """
        local isNew = ARGV[1] == '' and redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3], 'NX')
        if not isNew then
          local is = redis.call('GET', KEYS[1])
          if is ~= ARGV[2] and (is or '') ~= ARGV[1] then
            return {0, is}
          end
        end
        local function put()
          if not isNew then
            redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
          end
        end

        """;
}
