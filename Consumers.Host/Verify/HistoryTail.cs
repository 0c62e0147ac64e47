using System.Text;
using Consumers.Core;

namespace Consumers.Host.Verify;

/// <summary>The histories of a run while they grow: what is final, how fast it goes, and when the last thing happened.</summary>
internal sealed class HistoryTail(string folder)
{
    private readonly Lock _lock = new();
    private readonly Lock _reading = new();
    private readonly Dictionary<string, (long Offset, string Begun)> _files = [];
    private readonly HashSet<string> _confirmed = [];
    private readonly Dictionary<string, (int Series, int Attempt, bool IsFinal)> _last = [];
    private readonly List<(long TimeUs, string Module)> _completions = [];

    /// <summary>Confirmed messages of which nothing final is known.</summary>
    public int Open
    {
        get
        {
            lock (_lock)
            {
                return _confirmed.Count(id => !_last.GetValueOrDefault(id).IsFinal);
            }
        }
    }

    /// <summary>Lines that were read so far: it stands still when nothing happens.</summary>
    public long Lines { get; private set; }

    public bool IsFinal(string id)
    {
        lock (_lock)
        {
            return _last.GetValueOrDefault(id).IsFinal;
        }
    }

    /// <summary>Attempts of the module that ended after this time, in microseconds since 1970.</summary>
    public bool HasCompletedSince(string module, long timeUs)
    {
        lock (_lock)
        {
            return _completions.Any(completion => completion.TimeUs > timeUs && completion.Module == module);
        }
    }

    /// <summary>Attempts of the module that ended.</summary>
    public int CompletedBy(string module)
    {
        lock (_lock)
        {
            return _completions.Count(completion => completion.Module == module);
        }
    }

    /// <summary>The most that ended within one second and a half, as a rate a second.</summary>
    public double PeakRate()
    {
        const long Window = 1_500_000;
        lock (_lock)
        {
            var times = _completions.Select(completion => completion.TimeUs).Order().ToArray();
            var (most, first) = (0, 0);
            for (var i = 0; i < times.Length; i++)
            {
                while (times[i] - times[first] > Window)
                {
                    first++;
                }
                most = Math.Max(most, i - first + 1);
            }
            return most * 1e6 / Window;
        }
    }

    /// <summary>Reads what is new.</summary>
    public void Advance()
    {
        lock (_reading)
        {
            foreach (var path in Directory.EnumerateFiles(folder, "*.history"))
            {
                Read(path);
            }
        }
    }

    private void Read(string path)
    {
        var (offset, begun) = _files.GetValueOrDefault(path, (0, ""));
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length == offset)
        {
            return;
        }
        file.Seek(offset, SeekOrigin.Begin);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var text = begun + reader.ReadToEnd();
        var lines = text.Split('\n');
        _files[path] = (file.Position, lines[^1]);
        foreach (var line in lines.AsSpan(0, lines.Length - 1))
        {
            if (HistoryLine.Parse(line) is { } read)
            {
                Take(read);
            }
        }
    }

    private void Take(HistoryLine line)
    {
        lock (_lock)
        {
            Lines += line.Event == HistoryEvents.Sample ? 0 : 1;
            switch (line.Event)
            {
                // What is no task has no state: that it is gone shows in the queues.
                case HistoryEvents.Publish when line.Series == 1 && line["op"] == "ok":
                    _confirmed.Add(line.Id);
                    break;
                case HistoryEvents.Outcome when line.Number("accepted") == 1:
                    _completions.Add((line.TimeUs, ModuleTasks.ModuleOf(line.Id)));
                    Reach(line);
                    break;
                // Settled by a process that died before it could say so.
                case HistoryEvents.Duplicate when line["state"] is not null:
                // A replay runs anew what was final.
                case HistoryEvents.Replay:
                    Reach(line);
                    break;
            }
        }
    }

    /// <summary>Files are read one after the other, so what one tells may be older than what another has told.</summary>
    private void Reach(HistoryLine line)
    {
        if ((line.Series, line.Attempt).CompareTo((_last.GetValueOrDefault(line.Id).Series, _last.GetValueOrDefault(line.Id).Attempt)) >= 0)
        {
            _last[line.Id] = (line.Series, line.Attempt, TaskStateNames.FromWire(line["state"])?.IsFinal() == true);
        }
    }
}
