using Fleet.Server.Hosting;
using Mono.Cecil;

namespace Fleet.Server.Tests;

/// <summary>
/// The rooms of the server stand on floors. What a compiled type uses, in its signatures and in its bodies, is in its
/// own room or in one below.
/// </summary>
public sealed class FloorTests
{
    /// <summary>The lowest first. Below all of them is the root namespace of the server.</summary>
    private static readonly string[] Floors =
    [
        "Telemetry", "", "Settings", "Grains", "Access", "Webhooks", "Incidents", "Stores", "Checkouts", "Links",
        "Cloud", "Readers", "Retention", "Storage", "Api", "Console", "Hosting",
    ];

    private static readonly Lazy<IReadOnlyList<Use>> Uses = new(() => [.. ReadUses().Distinct()]);

    [Fact]
    public void Every_type_of_the_server_stands_in_a_known_room() =>
        Assert.Equal(Floors.Order(), Uses.Value.Select(use => use.From).Distinct().Order());

    [Fact]
    public void No_room_of_the_server_uses_a_room_above_it() =>
        Assert.Empty(Uses.Value.Where(use => Array.IndexOf(Floors, use.To) > Array.IndexOf(Floors, use.From))
            .Select(use => use.ToString()).Distinct());

    [Fact]
    public void Only_the_host_knows_which_database_there_is() =>
        Assert.Empty(Uses.Value.Where(use => use is { To: "Storage", From: not ("Storage" or "Hosting") })
            .Select(use => use.ToString()).Distinct());

    [Fact]
    public void Telemetry_uses_no_other_room_of_the_server() =>
        Assert.Empty(Uses.Value.Where(use => use is { From: "Telemetry", To: not "Telemetry" })
            .Select(use => use.ToString()).Distinct());

    [Fact]
    public void The_command_line_sees_the_core_and_the_protocol_only() =>
        Assert.Equal(["Fleet.Core", "Fleet.Protocol"], SeenBy(typeof(Fleet.Cli.CommandLine)));

    [Fact]
    public void The_client_sees_the_protocol_only() =>
        Assert.Equal(["Fleet.Protocol"], SeenBy(typeof(Fleet.Client.FleetClient)));

    private static IEnumerable<string> SeenBy(Type type) => type.Assembly.GetReferencedAssemblies()
        .Select(assembly => assembly.Name ?? "").Where(name => name.StartsWith("Fleet.", StringComparison.Ordinal))
        .Order();

    private static IEnumerable<Use> ReadUses()
    {
        using var assembly = AssemblyDefinition.ReadAssembly(typeof(FleetNode).Assembly.Location);
        foreach (var type in assembly.MainModule.GetTypes())
        {
            if (RoomOf(type) is not { } from) continue;
            foreach (var used in UsedBy(type).SelectMany(Parts).Where(used => used.Scope is ModuleDefinition))
                if (RoomOf(used) is { } to) yield return new(from, to, OutermostOf(type).Name, OutermostOf(used).Name);
        }
    }

    /// <summary>All types that the compiled code of a type names.</summary>
    private static IEnumerable<TypeReference?> UsedBy(TypeDefinition type) =>
    [
        type, type.BaseType,
        .. type.Interfaces.Select(one => one.InterfaceType),
        .. type.CustomAttributes.Select(one => one.AttributeType),
        .. type.Fields.Select(one => one.FieldType),
        .. type.Methods.SelectMany(SignatureOf),
        .. type.Methods.SelectMany(one => one.CustomAttributes).Select(one => one.AttributeType),
        .. type.Methods.Where(one => one.HasBody).SelectMany(one => one.Body.Variables).Select(one => one.VariableType),
        .. type.Methods.Where(one => one.HasBody).SelectMany(one => one.Body.Instructions)
            .SelectMany(one => NamedBy(one.Operand)),
    ];

    private static IEnumerable<TypeReference?> SignatureOf(MethodReference method) =>
        [method.ReturnType, .. method.Parameters.Select(one => one.ParameterType)];

    private static IEnumerable<TypeReference?> NamedBy(object? operand) => operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod method =>
            [method.DeclaringType, .. method.GenericArguments, .. SignatureOf(method.ElementMethod)],
        MethodReference method => [method.DeclaringType, .. SignatureOf(method)],
        FieldReference field => [field.DeclaringType, field.FieldType],
        _ => [],
    };

    /// <summary>A type without its arrays and references, and the arguments of a generic one.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Prepend(generic.ElementType),
        TypeSpecification part => Parts(part.ElementType),
        _ => [type],
    };

    /// <summary>The room of a type; null for what the compiler and its generators made, and for Program.</summary>
    private static string? RoomOf(TypeReference type)
    {
        var space = OutermostOf(type).Namespace;
        // Its full name is its address between nodes, so it keeps the namespace in which it was before.
        if (space == "Fleet.Server.Changes") return "Checkouts";
        return space.Split('.') switch
        {
            ["Fleet", "Server"] => "",
            ["Fleet", "Server", var room, ..] => room,
            _ => null,
        };
    }

    private static TypeReference OutermostOf(TypeReference type) =>
        type.DeclaringType is { } outer ? OutermostOf(outer) : type;

    private sealed record Use(string From, string To, string FromType, string ToType);
}
