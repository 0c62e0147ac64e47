using Consumers.Core;

namespace Consumers.Tests.DeadLetters;

public sealed class ErrorPlaceTests
{
    [Fact]
    public async Task An_async_method_has_the_name_that_was_written() => (await PlaceOfAsync(handler => handler.SendAsync())).ShouldBe("Mailer.SendAsync");

    [Fact]
    public async Task A_lambda_has_the_name_of_its_method() => (await PlaceOfAsync(handler => handler.InALambda())).ShouldBe("Mailer.InALambda");

    [Fact]
    public async Task A_local_function_has_the_name_of_its_method() => (await PlaceOfAsync(handler => handler.InALocalFunctionAsync())).ShouldBe("Mailer.InALocalFunctionAsync");

    [Fact]
    public async Task What_the_framework_throws_is_of_the_method_that_called_it() => (await PlaceOfAsync(handler => handler.ParseAsync())).ShouldBe("Mailer.ParseAsync");

    [Fact]
    public void An_exception_that_was_never_thrown_has_no_place() => ErrorPlace.Of(new InvalidOperationException("no"), typeof(Mailer)).ShouldBeNull();

    [Fact]
    public async Task A_recursion_has_the_place_of_its_innermost_frames()
    {
        // Tells nothing of files, lines or arguments.
        var place = await PlaceOfAsync(handler => handler.Recurse(5000));
        place.ShouldBe("Mailer.Recurse");
    }

    [Theory]
    [InlineData("EmailTaskHandler.SendAsync", "EmailTaskHandler.SendAsync")]
    [InlineData("List`1.Add", "List`1.Add")]
    [InlineData("<script>", null)]
    [InlineData("/home/anna/Mail.cs:17", null)]
    [InlineData("a\u001b[31mb", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void A_header_that_no_place_could_have_is_none(string? header, string? place) => ErrorPlace.Read(header).ShouldBe(place);

    [Fact]
    public void A_header_that_is_too_long_is_none() => ErrorPlace.Read(new string('a', ErrorPlace.MaxLength + 1)).ShouldBeNull();

    private static async Task<string?> PlaceOfAsync(Func<Mailer, Task> call)
    {
        var exception = await Should.ThrowAsync<Exception>(() => call(new Mailer()));
        return ErrorPlace.Of(exception, typeof(Mailer));
    }

    private sealed class Mailer
    {
        public async Task SendAsync()
        {
            await Task.Yield();
            throw new InvalidOperationException("no");
        }

        public Task InALambda() => Task.Run(() => throw new InvalidOperationException("no"));

        public async Task InALocalFunctionAsync()
        {
            await Local();

            static async Task Local()
            {
                await Task.Yield();
                throw new InvalidOperationException("no");
            }
        }

        public async Task ParseAsync()
        {
            await Task.Yield();
            _ = Guid.Parse("no guid");
        }

        public Task Recurse(int depth) => depth == 0 ? throw new InvalidOperationException("deep") : Recurse(depth - 1);
    }
}
