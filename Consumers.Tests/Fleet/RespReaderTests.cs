using System.Text;
using Consumers.Fleet;

namespace Consumers.Tests.Fleet;

public sealed class RespReaderTests
{
    [Theory]
    [InlineData("+OK\r\n", "OK")]
    [InlineData(":-12\r\n", "-12")]
    [InlineData("$5\r\na\r\nbc\r\n", "a\r\nbc")]
    [InlineData("$0\r\n\r\n", "")]
    [InlineData("$-1\r\n", null)]
    [InlineData("-ERR no\r\n", "ERR no")]
    public void An_answer_is_read_when_it_is_whole_and_not_before(string answer, string? text)
    {
        var bytes = Encoding.UTF8.GetBytes(answer);
        for (var length = 0; length < bytes.Length; length++)
        {
            RespReader.TryRead(bytes.AsSpan(0, length), out _, out _).ShouldBeFalse($"{length} bytes");
        }
        RespReader.TryRead([.. bytes, .. ":1\r\n"u8], out var used, out var value).ShouldBeTrue();
        used.ShouldBe(bytes.Length);
        value.ToString().ShouldBe(text);
    }

    [Fact]
    public void Arrays_nest()
    {
        var bytes = "*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n*0\r\n"u8;

        RespReader.TryRead(bytes, out var used, out var value).ShouldBeTrue();

        used.ShouldBe(bytes.Length);
        value.Rows().Length.ShouldBe(3);
        value.Rows()[1].Texts().ShouldBe(["1", null]);
        value.Rows()[2].Texts().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\n")]
    [InlineData("\r\n")]
    [InlineData(":twelve\r\n")]
    [InlineData("*99999999999\r\n")]
    [InlineData("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n")]
    public void What_is_no_answer_of_a_Redis_is_an_error_and_takes_no_memory(string answer) =>
        Should.Throw<InvalidDataException>(() => RespReader.TryRead(Encoding.UTF8.GetBytes(answer), out _, out _));
}
