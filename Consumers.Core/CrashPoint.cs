using System.Globalization;
using System.Runtime.InteropServices;

namespace Consumers.Core;

/// <summary>
/// Kills the own process at a named place, for tests of what a crash leaves behind. In production it is a check of a field that is null.
/// <c>CONSUMERS_CRASH_AT=K7#3</c>, set when the process starts, means the third time that <c>K7</c> is reached; <c>K7</c> alone means the first.
/// </summary>
public static class CrashPoint
{
    public const string Variable = "CONSUMERS_CRASH_AT";

    private static readonly Fuse? Armed = Fuse.From(Environment.GetEnvironmentVariable(Variable));

    /// <summary>Where this process is to die; null in production.</summary>
    public static string? Target => Armed?.ToString();

    /// <summary>What is wrong with the variable, or null. A fault that never happens would prove nothing, so the host does not start then.</summary>
    public static string? Problem { get; } = Fuse.ProblemOf(Environment.GetEnvironmentVariable(Variable));

    /// <param name="point">One of <see cref="CrashPoints"/>.</param>
    public static void Hit(string point) => Armed?.Reach(point);

    internal sealed class Fuse(string point, int hit)
    {
        private int _reached;

        /// <summary>Null when nothing is set, or nothing that could be reached.</summary>
        public static Fuse? From(string? text)
        {
            var (point, hit) = (text ?? "").Split('#') switch
            {
                [var name] => (name, 1),
                [var name, var number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n) => (name, n),
                _ => ("", 0),
            };
            return CrashPoints.All.Contains(point) && hit > 0 ? new(point, hit) : null;
        }

        public static string? ProblemOf(string? text) => string.IsNullOrEmpty(text) || From(text) is not null
            ? null
            : $"{Variable} is '{text}', but must be one of {string.Join(", ", CrashPoints.All)}, with #n for the n-th time.";

        public void Reach(string reached)
        {
            if (IsLast(reached))
            {
                KillSelf();
            }
        }

        internal bool IsLast(string reached) => reached == point && Interlocked.Increment(ref _reached) == hit;

        public override string ToString() => $"{point}#{hit}";
    }

    /// <summary>SIGKILL: no handler, no <c>finally</c>, no flush of anything that this process holds.</summary>
    private static void KillSelf()
    {
        if (OperatingSystem.IsWindows())
        {
            System.Diagnostics.Process.GetCurrentProcess().Kill();
        }
        else
        {
            _ = Kill(Environment.ProcessId, 9);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int pid, int signal);
}
