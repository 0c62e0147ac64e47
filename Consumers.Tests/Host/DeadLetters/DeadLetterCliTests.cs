using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Cli;
using Consumers.Host.Cli.DeadLetters;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Host.DeadLetters;

/// <summary>The verbs against a running host.</summary>
public sealed class DeadLetterCliTests(DeadLetterHost shared) : IClassFixture<DeadLetterHost>
{
    [Fact]
    public async Task Groups_list_and_show_say_what_is_dead_and_why()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        var ids = await shared.FailAsync(2, $"{word} 17 is away");

        var (_, groups, _) = await RunAsync("dlq", "groups", "--where", "type:flaky");
        var (_, list, count) = await RunAsync("dead-letters", "list", "--where", $"type:flaky {word}");
        var (_, json, _) = await RunAsync("dlq", "list", "--where", word, "--json");

        groups.ShouldContain($"{word} # is away");
        list.ShouldContain(ids[0]);
        list.ShouldContain($"{word} 17 is away");
        count.ShouldContain("2 in all");
        var items = JsonElement.Parse(json).GetProperty("items");
        items.GetArrayLength().ShouldBe(2);
        var (exit, shown, _) = await RunAsync("dlq", "show", items[0].GetProperty("id").GetString()!);
        exit.ShouldBe(ExitCode.Ok);
        shown.ShouldContain("state         dead");
        shown.ShouldContain("\"mode\": \"permanent\"");
        (await RunAsync("dlq", "show", "no-such")).ExitCode.ShouldBe(ExitCode.Failed);
    }

    [Fact]
    public async Task A_replay_is_looked_at_first_then_followed_to_its_end()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(3, word);

        (await RunAsync("dlq", "replay", "--where", word, "--rate", "50/s", "--dry-run")).Output.ShouldContain("would replay 3 dead letters, about 60 ms at 50/s.");
        (await RunAsync("dlq", "replay", "--where", word, "--limit", "2", "--dry-run")).Output.ShouldContain("would replay 2 dead letters");
        (await shared.CountAsync($"text={word}&state=dead")).ShouldBe(3);
        var (exit, output, _) = await RunAsync("dlq", "replay", "--where", word, "--rate", "50/s", "--yes", "--stop-at", "100", "--by", "Ada", "--why", "they are back");

        exit.ShouldBe(ExitCode.Failed, "all failed again");
        output.ShouldContain("replayed 3/3  succeeded 0  failed again 3  skipped 0");
        var id = output.Split(' ')[1];
        (await RunAsync("operations", "list")).Output.ShouldContain(id);
        (await RunAsync("operations", "show", id)).Output.ShouldContain(word);
        (await RunAsync("operations", "watch", id)).Output.ShouldContain("failed again 3");
        (await RunAsync("dlq", "replay", "--where", word, "--dry-run")).Output.ShouldContain("3 of them were replayed before.");
    }

    [Fact]
    public async Task An_edited_payload_is_replayed_as_a_new_task()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(1, word);
        var id = (await shared.LettersAsync($"text={word}"))[0].GetProperty("id").GetString()!;
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("payload.json"), """{"failTimes":0}""", TestContext.Current.CancellationToken);

        var (exit, output, error) = await RunAsync("dlq", "replay", id, "--edit", folder.File("payload.json"), "--json");

        exit.ShouldBe(ExitCode.Ok, output + error);
        JsonElement.Parse(output).GetProperty("operation").GetProperty("total").GetInt64().ShouldBe(1);
        (await shared.Host.JsonAsync($"/api/dead-letters/{id}")).GetProperty("replayedAs").GetString().ShouldNotBeNullOrEmpty();
    }

    [Theory]
    [InlineData(OperationKind.Discard, "2", true)]
    [InlineData(OperationKind.Discard, "3", false)]
    [InlineData(OperationKind.Discard, "y", false)]
    [InlineData(OperationKind.Discard, "", false)]
    [InlineData(OperationKind.Replay, "y", true)]
    [InlineData(OperationKind.Replay, "n", false)]
    [InlineData(OperationKind.Replay, "", false)]
    [InlineData(OperationKind.Discard, null, false)]
    [InlineData(OperationKind.Replay, null, false)]
    public async Task More_than_one_is_done_when_a_person_says_so(OperationKind kind, string? typed, bool isDone)
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(2, word);
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var input = typed is null ? null : new StringReader(typed);
        var request = new ReplayRequest(kind, [], word, false, null, null, 0, 100, null, Yes: false, DryRun: false, NoWait: false, "Ada", null, Json: false);

        async Task<int> Run() => await new ReplayCommand(request, shared.Host.Address.ToString(), output, error, new Asker(input, error), TimeProvider.System).RunAsync(TestContext.Current.CancellationToken);
        if (typed is null)
        {
            (await Should.ThrowAsync<CliException>(Run)).Message.ShouldContain("nobody can be asked here. Look at it with --dry-run, then add --yes.");
        }
        else
        {
            await Run();
            error.ToString().ShouldContain(kind == OperationKind.Discard ? "Type 2 to go on:" : "Go on? [y/N]");
        }
        (await shared.CountAsync($"text={word}&state=dead") == 2 && (await shared.LettersAsync($"text={word}")).TrueForAll(letter => letter.GetProperty("times").GetInt32() == 1)).ShouldBe(!isDone);
    }

    [Fact]
    public async Task One_needs_no_asking_and_is_found_done_afterwards()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(1, word);
        var id = (await shared.LettersAsync($"text={word}"))[0].GetProperty("id").GetString()!;

        (await RunAsync("dlq", "discard", id, "--why", "seen to")).ExitCode.ShouldBe(ExitCode.Ok);

        (await RunAsync("dlq", "discard", id)).Output.ShouldContain("nothing to discard");
        (await RunAsync("dlq", "discard", "--where", "state:replayed")).Error.ShouldContain("only what is dead can be discarded");
    }

    [Fact]
    public async Task An_interrupt_ends_the_watching_and_not_the_operation()
    {
        await shared.OpenAsync();
        var word = DeadLetterHost.Word();
        await shared.FailAsync(3, word);
        var started = await RunAsync("dlq", "replay", "--where", word, "--rate", "0.1/s", "--yes", "--no-wait", "--json");
        var id = JsonElement.Parse(started.Output).GetProperty("operation").GetProperty("id").GetString()!;
        using var folder = new TempFolder();
        await using var watch = HostProcess.LaunchVerb(["operations", "watch", id, "--url", shared.Host.Address.ToString()], folder);
        await Eventually.TrueAsync(() => ValueTask.FromResult(watch.Output.Contains(id, StringComparison.Ordinal)), () => $"the watching verb says how far it is: {watch.Output}", TimeSpan.FromSeconds(60));

        watch.Terminate();

        (await watch.ExitAsync()).ShouldBe(ExitCode.Interrupted);
        watch.Output.ShouldContain($"interrupted: the operation goes on. Look: consumers operations watch {id}");
        (await shared.Host.JsonAsync($"/api/operations/{id}")).GetProperty("state").GetString().ShouldBe("running");
        (await RunAsync("operations", "cancel", id)).Output.ShouldContain("cancelled");
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments) =>
        await CommandLineTests.RunAsync([.. arguments, "--url", shared.Host.Address.ToString()]);
}
