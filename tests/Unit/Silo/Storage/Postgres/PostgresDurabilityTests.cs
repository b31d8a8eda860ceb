using Broker.Silo.Storage.Postgres;
using Xunit;

namespace Broker.Tests.Unit.Silo.Storage.Postgres;

public sealed class PostgresDurabilityTests
{
    [Theory]
    [InlineData("on", "")]
    [InlineData("on", "standby")]
    [InlineData("remote_apply", "standby")]
    [InlineData("remote_write", "standby")]
    [InlineData("local", "")]
    public void A_primary_whose_commits_outlive_a_crash_is_taken(string synchronousCommit, string standbys) =>
        Assert.Empty(PostgresDurability.Faults("on", synchronousCommit, standbys, isStandby: false, "off"));

    [Theory]
    [InlineData("off", "on", "", false, "off", "fsync is off")]
    [InlineData("on", "off", "", false, "off", "synchronous_commit is off")]
    [InlineData("on", "local", "standby", false, "off", "synchronous_commit is local")]
    [InlineData("on", "on", "", true, "off", "Target Session Attributes=primary")]
    [InlineData("on", "on", "", false, "on", "default_transaction_read_only")]
    public void A_server_on_which_a_commit_can_be_lost_or_made_not_at_all_is_refused(
        string fsync, string synchronousCommit, string standbys, bool isStandby, string readOnly, string expected) =>
        Assert.Contains(expected, Assert.Single(PostgresDurability.Faults(fsync, synchronousCommit, standbys, isStandby, readOnly)), StringComparison.Ordinal);
}
