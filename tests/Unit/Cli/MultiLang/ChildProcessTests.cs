using Broker.Cli.MultiLang;
using Xunit;

namespace Broker.Tests.Unit.Cli.MultiLang;

public sealed class ChildProcessTests
{
    [Theory]
    [InlineData("/bin/sh", true)]
    [InlineData("sh", true)]
    [InlineData("/no/such", false)]
    [InlineData("no-such-program", false)]
    [InlineData("/bin", false)]
    public void A_program_is_found_at_its_path_or_by_PATH(string program, bool isFound) => Assert.Equal(isFound, ChildProcess.IsFound(program));
}
