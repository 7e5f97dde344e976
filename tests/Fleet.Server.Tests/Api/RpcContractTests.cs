namespace Fleet.Server.Tests;

/// <summary>What lets a client of gRPC that was compiled with an older proto go on.</summary>
public sealed class RpcContractTests
{
    [Fact]
    public Task Protos_declare_what_was_agreed_with_their_clients() => Golden.Check(
        "protos.txt", RpcContract.Written(),
        "Clients are compiled with the protos of their day. A line that goes or changes breaks them; new methods, and "
        + "new fields with new numbers, do not.");

    [Fact]
    public void Every_proto_of_the_tree_is_in_the_agreement() => Assert.Equal(
        Directory.GetFiles(Path.Combine(Tree.Root, "src/Fleet.Protocol/fleet/v1"), "*.proto")
            .Select(path => $"fleet/v1/{Path.GetFileName(path)}").Order(StringComparer.Ordinal),
        RpcContract.Files.Select(file => file.Name));
}
