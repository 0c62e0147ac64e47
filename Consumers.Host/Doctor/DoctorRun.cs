using Consumers.Core;

namespace Consumers.Host.Doctor;

/// <summary>All checkups at once, each with its own time: what does not answer holds up nobody.</summary>
internal static class DoctorRun
{
    /// <summary>In the order of the checkups.</summary>
    public static async Task<IReadOnlyList<Diagnosis>> LookAsync(IEnumerable<ICheckup> checkups, bool deep, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        await Task.WhenAll(checkups.Select(checkup => LookAsync(checkup, deep, timeout, time, cancellationToken)));

    private static async Task<Diagnosis> LookAsync(ICheckup checkup, bool deep, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var (findings, started) = (new Findings(checkup.Area, time), time.GetTimestamp());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(timeout);
        // On a thread of its own, and left behind when its time is over: some clients, and a dead disk, cannot be interrupted.
        var looking = Task.Factory.StartNew(() => checkup.LookAsync(findings, deep, end.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        try
        {
            await looking.WaitAsync(timeout, time, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            var isMute = !findings.Has("connection");
            findings.Unreachable(isMute ? "connection" : "answer", $"{(isMute ? "no answer" : "it began to answer, and did not finish")} within {timeout.TotalSeconds:0.#} s",
                "it is frozen or overloaded, or something on the way drops packets: check the address, the network and the firewall; consumers doctor --timeout 30 waits longer");
        }
        catch (Exception e)
        {
            findings.Fail("check", $"the check itself failed: {TaskHeaders.CleanError($"{e.GetType().Name}: {e.Message}")}", "this is a fault of the doctor's, please report it");
        }
        return new Diagnosis(checkup.Area, checkup.Title, checkup.Where, findings.Close(), time.GetElapsedTime(started));
    }
}

/// <summary>What one checkup found.</summary>
internal sealed record Diagnosis(string Area, string Title, string Where, IReadOnlyList<CheckFinding> Findings, TimeSpan Took);
