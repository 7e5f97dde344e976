using System.Reflection;
using Fleet.Server.Settings;
using Orleans.Metadata;
using Orleans.Services;

namespace Fleet.Server.Tests;

/// <summary>
/// What nodes of two versions must agree on while one replaces the other: grains, their methods, and every type that
/// crosses a call, each by its alias. Namespaces are no part of it, but for those of the services of a node.
/// </summary>
internal sealed class GrainContract(GrainTypeResolver grainTypes, GrainInterfaceTypeResolver interfaceTypes)
{
    private static readonly Type[] Types =
        [.. typeof(FleetOptions).Assembly.GetTypes(), .. typeof(Core.Reach).Assembly.GetTypes()];

    /// <summary>The interfaces whose calls travel between nodes.</summary>
    public static IEnumerable<Type> Interfaces => Types
        .Where(type => type.IsInterface && typeof(IAddressable).IsAssignableFrom(type));

    /// <summary>The types that travel in those calls.</summary>
    public static IEnumerable<Type> Serialized => Types
        .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null);

    private static IEnumerable<Type> Grains => Types
        .Where(type => typeof(Grain).IsAssignableFrom(type) && !type.IsAbstract);

    private static IEnumerable<Type> Enums => Serialized
        .SelectMany(Members, (_, member) => TypeOf(member))
        .Concat(Interfaces.SelectMany(type => type.GetMethods()).SelectMany(Parts))
        .SelectMany(Inside).Where(type => type.IsEnum && Types.Contains(type)).Distinct();

    /// <summary>All of it, readable.</summary>
    public string Written() => string.Concat(
        Sorted(Grains, GrainLines).Concat(Sorted(Interfaces, InterfaceLines)).Concat(Sorted(Serialized, TypeLines))
            .Concat(Sorted(Enums, EnumLines)).Select(block => $"{block}\n"));

    public static string? Alias(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>()?.Alias;

    /// <summary>The types of a call: its answer and its parameters.</summary>
    public static IEnumerable<Type> Parts(MethodInfo method) =>
        [method.ReturnType, .. method.GetParameters().Select(parameter => parameter.ParameterType)];

    /// <summary>A type, and the types it is made of.</summary>
    public static IEnumerable<Type> Inside(Type type) =>
        [type, .. (type.HasElementType ? [type.GetElementType() ?? type] : type.GetGenericArguments())
            .SelectMany(Inside)];

    /// <summary>What of a type is written when it travels.</summary>
    public static IEnumerable<MemberInfo> Members(Type type) => type
        .GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        .Where(member => member.GetCustomAttribute<IdAttribute>() is not null);

    public static Type TypeOf(MemberInfo member) =>
        member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType;

    private static IEnumerable<string> Sorted(IEnumerable<Type> types, Func<Type, IEnumerable<string>> lines) =>
        types.Select(type => string.Concat(lines(type).Select(line => $"{line}\n"))).Order(StringComparer.Ordinal);

    private IEnumerable<string> GrainLines(Type type) =>
    [
        $"grain {grainTypes.GetGrainType(type)}",
        .. type.GetInterfaces().Where(Interfaces.Contains).Select(known => $"  is {Name(known)}"),
        .. type.GetConstructors().SelectMany(made => made.GetParameters()).SelectMany(StateLines),
    ];

    /// <summary>A state is kept as JSON, by the names of its members.</summary>
    private static IEnumerable<string> StateLines(ParameterInfo parameter) =>
        parameter.GetCustomAttribute<PersistentStateAttribute>() is not { } state ? []
        :
        [
            $"  keeps {state.StateName} in {state.StorageName ?? "the default storage"}",
            .. Kept(parameter.ParameterType.GetGenericArguments()[0]).Select(member => $"    {member}"),
        ];

    private static IEnumerable<string> Kept(Type type) => type.GetProperties()
        .Select(property => $"{property.Name} : {Name(property.PropertyType)}").Order(StringComparer.Ordinal);

    private IEnumerable<string> InterfaceLines(Type type) =>
    [
        $"interface {interfaceTypes.GetGrainInterfaceType(type)}",
        // The id of a service of a node is a hash of this name.
        .. typeof(IGrainService)
        .IsAssignableFrom(type) ? [$"  found by its name {type.FullName}"] : Array.Empty<string>(),
        .. type.GetMethods().Select(Call).Order(StringComparer.Ordinal),
    ];

    private static string Call(MethodInfo method) =>
        $"  {Alias(method)}({string.Join(", ", method.GetParameters().Select(taken => Name(taken.ParameterType)))})"
        + $" : {Name(method.ReturnType)}";

    private static IEnumerable<string> TypeLines(Type type) =>
    [
        $"type {Name(type)}" + (Types.Contains(type.BaseType) ? $" : {Name(type.BaseType ?? type)}" : ""),
        .. Members(type).Select(member => (member.GetCustomAttribute<IdAttribute>()?.Id, member))
        .OrderBy(pair => pair.Id)
            .Select(pair => $"  {pair.Id} {pair.member.Name} : {Name(TypeOf(pair.member))}"),
    ];

    private static IEnumerable<string> EnumLines(Type type) =>
    [
        $"enum {Name(type)} : {Name(Enum.GetUnderlyingType(type))}",
        .. Enum.GetNames(type).Select(name => $"  {Convert.ToInt64(Enum.Parse(type, name), null)} {name}"),
    ];

    private static string Name(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } value) return $"{Name(value)}?";
        if (type.IsArray) return $"{Name(type.GetElementType() ?? type)}[]";
        if (IsNameless(type)) return $"{{ {string.Join(", ", Kept(type))} }}";
        var name = Alias(type) ?? type.Name.Split('`')[0];
        var arguments = type.GetGenericArguments();
        return arguments.Length == 0 ? name : $"{name}<{string.Join(", ", arguments.Select(Name))}>";
    }

    private static bool IsNameless(Type type) => Types.Contains(type) && !type.IsEnum && Alias(type) is null;
}
