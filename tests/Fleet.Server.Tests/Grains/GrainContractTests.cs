using Fleet.Server.Settings;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Serialization.Invocation;
using Orleans.Serialization.TypeSystem;

namespace Fleet.Server.Tests;

/// <summary>What lets a node of the next version join a cluster of this one.</summary>
public sealed class GrainContractTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    [Fact]
    public Task Calls_between_nodes_are_those_that_were_agreed() => Golden.Check(
        "grains.txt", new GrainContract(fleet.Services.GetRequiredService<GrainTypeResolver>(),
            fleet.Services.GetRequiredService<GrainInterfaceTypeResolver>()).Written(),
        "While a cluster is upgraded, nodes of both versions call each other. A line that goes or changes stops that; "
        + "new methods, and new members with new ids, do not.");

    [Fact]
    public void Every_interface_and_method_between_nodes_has_an_alias()
    {
        var nameless = GrainContract.Interfaces.Cast<System.Reflection.MemberInfo>()
            .Concat(GrainContract.Interfaces.SelectMany(type => type.GetMethods())).Concat(GrainContract.Serialized)
            .Where(member => GrainContract.Alias(member) is null);

        Assert.Empty(nameless);
    }

    [Fact]
    public void No_alias_is_given_to_two_types_or_to_two_methods_of_one() => Assert.All(
        GrainContract.Interfaces.Select(type => type.GetMethods().Select(GrainContract.Alias))
            .Append(GrainContract.Interfaces.Concat(GrainContract.Serialized).Select(GrainContract.Alias)),
        aliases => Assert.Distinct(aliases));

    [Fact]
    public void No_call_between_nodes_is_named_by_a_namespace_of_ours()
    {
        var names = fleet.Services.GetRequiredService<TypeConverter>();
        var calls = typeof(FleetOptions).Assembly.GetTypes()
            .Where(type => typeof(IInvokable).IsAssignableFrom(type)).Select(type => names.Format(type)).ToList();

        Assert.True(calls.Count >= GrainContract.Interfaces.Sum(type => type.GetMethods().Length));
        Assert.DoesNotContain(calls, name => name.Contains("Fleet.", StringComparison.Ordinal));
    }

    [Fact]
    public void No_value_between_nodes_is_named_by_a_namespace_of_ours()
    {
        var names = fleet.Services.GetRequiredService<TypeConverter>();
        var values = GrainContract.Interfaces.SelectMany(type => type.GetMethods()).SelectMany(GrainContract.Parts)
            .Concat(GrainContract.Serialized.SelectMany(
                GrainContract.Members, (_, member) => GrainContract.TypeOf(member)))
            .Select(type => typeof(Task).IsAssignableFrom(type) ? type.GetGenericArguments().FirstOrDefault() : type)
            .OfType<Type>()
            .Where(type => !type.IsGenericParameter && !(Nullable.GetUnderlyingType(type) ?? type).IsEnum)
            .Select(type => names.Format(type)).ToList();

        Assert.NotEmpty(values);
        Assert.DoesNotContain(values, name => name.Contains("Fleet.", StringComparison.Ordinal));
    }
}
